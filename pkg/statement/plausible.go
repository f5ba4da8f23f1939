package statement

import (
	"fmt"
	"math/bits"
)

// Implausible is the error of a statement whose amounts, or numbers of the provider's, look like
// a mistake of the file: another unit, another column, another account.
type Implausible struct {
	Differing, Compared int
	Lines               []Line // those that differ
	// Numbers: what differs is the provider's number, of every payment.
	Numbers bool
}

// Error implements error.
func (i *Implausible) Error() string {
	what := "amounts"
	if i.Numbers {
		what = "provider numbers"
	}
	return fmt.Sprintf("statement: %d of %d %s of the statement differ from ours", i.Differing, i.Compared, what)
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
func plausible(lines []Line) error {
	var differing []Line
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
func ourNumbers(lines []Line) error {
	var differing []Line
	counted := map[string]bool{}
	for _, line := range lines {
		switch {
		case line.payout == nil || line.attempt != line.payout.Attempt || line.payout.ProviderID == "" || line.ProviderID == "":
		case line.OurProviderID == "":
			return nil
		case line.payout.NumbersPayment(line.row.Finding) && !counted[line.row.Reference]:
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
func oneFactor(lines []Line) bool {
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

// sameRatio compares two quotients of amounts without dividing. The products have 128 bits: two
// amounts in minor units may overflow 64.
func sameRatio(a, b Line) bool {
	high1, low1 := bits.Mul64(uint64(a.TheirAmount.Minor()), uint64(b.OurAmount.Minor()))
	high2, low2 := bits.Mul64(uint64(b.TheirAmount.Minor()), uint64(a.OurAmount.Minor()))
	return high1 == high2 && low1 == low2
}
