package statement

import (
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// repeatedLines marks what stands in the file before: a repetition, or another payment, which
// has another number of the provider's. Other lines of one reference that differ are a conflict,
// all of them: nobody knows which one is meant.
func repeatedLines(lines []Line) {
	counts := countingNumbers(lines)
	first, before := map[string]int{}, map[saying]bool{}
	differ := map[string]bool{}
	for n, line := range lines {
		if line.payout == nil {
			continue
		}
		said := line.says()
		at, seen := first[said.reference]
		number, several := counts[said.reference]
		lines[n].second = several && line.payout.NumbersPayment(said.finding) && !payout.SameNumber(number, said.number)
		switch {
		case lines[n].second && !before[said]:
			lines[n].Kind = DoublePaid
		case before[said]:
			lines[n].Kind = RepeatedLine
		case !seen:
			first[said.reference] = n
		case lines[at].row.Finding != said.finding || lines[at].row.Amount != said.amount:
			differ[said.reference] = true
		case !line.anotherThan(lines[at]):
			lines[n].Kind = RepeatedLine
		}
		before[said] = true
	}
	for n, line := range lines {
		if line.payout != nil && differ[line.row.Reference] && !line.second {
			lines[n].Kind, lines[n].ambiguous = Conflict, true
		}
	}
}

// saying is what a line says. Twice the same is a repetition. The message is left out: nothing is
// decided by it.
type saying struct {
	reference, number string
	finding           payout.Finding
	amount            money.Amount
}

func (l *Line) says() saying {
	return saying{l.row.Reference, l.row.ProviderID, l.row.Finding, l.row.Amount}
}

// anotherThan reports whether a line cannot be about the same payment as one before it: it has
// another number, or one that is not ours, while the other may be ours.
func (l *Line) anotherThan(before Line) bool {
	return l.payout.NumbersPayment(l.row.Finding) && (l.OurProviderID != "" || !payout.SameNumber(before.ProviderID, l.ProviderID))
}

// countingNumbers names, of each reference under which the file shows money that went with two
// numbers or more, the one that counts: ours, or the first one of the file. The others are other
// payments, in whatever order they stand.
func countingNumbers(lines []Line) map[string]string {
	shown, ours := map[string]string{}, map[string]string{}
	several := map[string]string{}
	for _, line := range lines {
		reference, number := line.row.Reference, line.row.ProviderID
		if line.payout == nil || !line.payout.NumbersPayment(line.row.Finding) || line.attempt > line.payout.Attempt {
			continue // of an attempt that was never made, nobody here knows which payment counts
		}
		if line.attempt == line.payout.Attempt && ours[reference] == "" {
			ours[reference] = line.payout.ProviderID
		}
		switch {
		case shown[reference] == "":
			shown[reference] = number
		case !payout.SameNumber(shown[reference], number):
			several[reference] = shown[reference]
		}
	}
	for reference := range several {
		if ours[reference] != "" {
			several[reference] = ours[reference]
		}
	}
	return several
}
