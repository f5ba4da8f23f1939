package payout

import (
	"fmt"
	"math/bits"
	"slices"
	"time"
)

// Report is what an import found.
type Report struct {
	Provider Provider
	Hash     string
	Name     string // what histories call the statement
	From, To string
	By       Principal
	// ProposedBy is who sent the file first; empty while By is the first.
	ProposedBy Principal
	// Persons are the two people by whom it was applied, the first one first.
	Persons []Person
	At      time.Time
	// Awaiting: nothing has been applied yet, or not all of it. Another registered person
	// has to send the same file, or the same one once more.
	Awaiting bool
	// Pending counts the lines whose payout the provider has not been asked about since
	// the file came first.
	Pending int
	// Outdated counts the lines whose payout was sent, or sent again, after the file came first:
	// it cannot say what became of that. Its first sender has to send it anew.
	Outdated int
	Counts   map[LineKind]int
	// Unheard counts the matched payouts whose end no callback had brought: the third way to
	// compare. Many of them mean that callbacks do not arrive.
	Unheard int
	Lines   []ReportLine // all but the matched ones
}

func (r *Report) add(line ReportLine) {
	r.Counts[line.Kind]++
	if line.Kind != Matched {
		r.Lines = append(r.Lines, line)
		return
	}
	if !line.Heard {
		r.Unheard++
	}
}

// endTold reports whether the provider itself had told us the end of a payout, asked or not.
func (p Payout) endTold() bool { return p.endBrought(FromCallback, FromQuery) }

// callbackHeard reports whether a callback brought the end, or the money's return: a verified one
// that was believed. One that came after the end and says the same leaves no trace, so that nobody
// can count it.
func (p Payout) callbackHeard() bool { return p.endBrought(FromCallback) }

// endBrought reports whether one of the sources brought the end of the present attempt, or the
// money's return. Other words after an end may be about something else, or unbelieved.
func (p Payout) endBrought(by ...Source) bool {
	before := Status("")
	for _, e := range p.presentAttempt() {
		ended := e.Status != before && (e.Status == Succeeded || e.Status == Failed)
		if slices.Contains(by, e.Source) && (ended || e.returned()) {
			return true
		}
		before = e.Status
	}
	return false
}

// Complete reports whether every line was read and stored, so that the file need not be
// imported again.
func (r Report) Complete() bool { return r.Counts[NotImported] == 0 }

// Trouble is why lines were not imported, nil if all were. Of several causes it is one that a
// person has to look into; see [Unstored].
func (r Report) Trouble() error {
	if r.Complete() {
		return nil
	}
	cause := errBusy
	for _, line := range r.Lines {
		if line.Kind != NotImported {
			continue
		}
		if line.cause == nil {
			line.cause = ErrUnclear
		}
		if cause = line.cause; Unstored(cause) {
			break
		}
	}
	return fmt.Errorf("some lines could not be read or stored: %w", cause)
}

// Implausible is the error of a statement whose amounts, or numbers of the provider's, look like
// a mistake of the file: another unit, another column, another account.
type Implausible struct {
	Differing, Compared int
	Lines               []ReportLine // those that differ
	// Numbers: what differs is the provider's number, of every payment.
	Numbers bool
}

// Error implements error.
func (i *Implausible) Error() string {
	what := "amounts"
	if i.Numbers {
		what = "provider numbers"
	}
	return fmt.Sprintf("payout: %d of %d %s of the statement differ from ours", i.Differing, i.Compared, what)
}

// The share of amounts that may differ: fewer than three, or fewer than 2 %.
const (
	fewDiffer       = 3
	percentDiffer   = 2
	minorPerMajor   = 100
	leastFactorRows = 2
)

// plausible refuses a statement in which too many amounts differ or cannot be read, or in
// which all differ by one factor; and one in which no number of the provider's is ours.
func plausible(lines []ReportLine) error {
	var differing []ReportLine
	compared, counted := map[string]bool{}, map[string]bool{} // by reference: a line that stands there often counts once
	for _, line := range lines {
		if line.payout == nil || line.Kind == NotImported {
			continue
		}
		compared[line.row.Reference] = true
		if line.TheirAmount != line.OurAmount && !counted[line.row.Reference] {
			counted[line.row.Reference] = true
			differing = append(differing, line)
		}
	}
	many := len(differing) >= fewDiffer && len(differing)*100 >= len(compared)*percentDiffer
	if many || len(differing) == len(compared) && oneFactor(differing) {
		return &Implausible{Differing: len(differing), Compared: len(compared), Lines: differing}
	}
	return ourNumbers(lines)
}

// ourNumbers refuses a statement of three payments or more in which every number of the
// provider's is another than ours: the column is none of that number, and each line would be a
// conflict. One number that agrees shows that the column is the right one.
func ourNumbers(lines []ReportLine) error {
	var differing []ReportLine
	counted := map[string]bool{}
	for _, line := range lines {
		switch {
		case line.payout == nil || line.attempt != line.payout.Attempt || line.payout.ProviderID == "" || line.ProviderID == "":
		case line.OurProviderID == "":
			return nil
		case line.payout.numbersPayment(line.row.Finding) && !counted[line.row.Reference]:
			counted[line.row.Reference] = true
			differing = append(differing, line)
		}
	}
	if len(differing) < fewDiffer {
		return nil
	}
	return &Implausible{Differing: len(differing), Compared: len(differing), Lines: differing, Numbers: true}
}

// oneFactor reports whether all amounts differ by the same factor: of two lines or more by
// any, of a single line by that between a currency and its minor unit.
func oneFactor(lines []ReportLine) bool {
	if len(lines) == 0 {
		return false
	}
	first := lines[0]
	for _, line := range lines {
		if !sameRatio(first, line) {
			return false
		}
	}
	ours, theirs := first.OurAmount.Minor(), first.TheirAmount.Minor()
	if theirs == 0 {
		return false // it cannot be read
	}
	return len(lines) >= leastFactorRows || theirs == ours*minorPerMajor || ours == theirs*minorPerMajor
}

// sameRatio compares two quotients of amounts without dividing.
func sameRatio(a, b ReportLine) bool {
	high1, low1 := bits.Mul64(uint64(a.TheirAmount.Minor()), uint64(b.OurAmount.Minor()))
	high2, low2 := bits.Mul64(uint64(b.TheirAmount.Minor()), uint64(a.OurAmount.Minor()))
	return high1 == high2 && low1 == low2
}
