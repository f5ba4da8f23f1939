package payout

// against says how a row compares with the payout that it names.
func (p Payout) against(row StatementRow, attempt Attempt) LineKind {
	switch {
	case row.Amount != p.Amount:
		return AmountDiffers
	case attempt < p.Attempt:
		return p.againstOlder(row)
	case attempt > p.Attempt:
		return Conflict
	case row.Finding == FoundUnlisted, row.Finding == FoundProcessing, !p.Status.Final():
		if p.Status.Final() && row.Finding == FoundProcessing {
			return Conflict
		}
		return StillOpen
	}
	agreed := map[Finding]bool{
		FoundSucceeded: p.Status == Succeeded,
		FoundReturned:  p.Status == Succeeded && p.Return != nil,
		FoundFailed:    p.Status == Failed,
	}
	if agreed[row.Finding] {
		return Matched
	}
	return Conflict
}

// againstOlder compares a row about an attempt that a later one replaced, because it had
// failed.
func (p Payout) againstOlder(row StatementRow) LineKind {
	switch row.Finding {
	case FoundFailed:
		return Matched
	case FoundSucceeded, FoundReturned:
		if p.Status == Succeeded || p.Status == Processing || p.Status == Unknown {
			return DoublePaid
		}
		return Conflict
	}
	return StillOpen
}

// repeatedLines marks every line whose reference stands in the file before. Lines of one
// reference that differ are a conflict, all of them: nobody knows which one is meant.
func repeatedLines(lines []ReportLine) {
	first := map[string]int{}
	differ := map[string]bool{}
	for n, line := range lines {
		reference := line.row.Reference
		at, seen := first[reference]
		switch {
		case line.payout == nil:
		case !seen:
			first[reference] = n
		case lines[at].row.Finding != line.row.Finding || lines[at].row.Amount != line.row.Amount:
			differ[reference] = true
		default:
			lines[n].Kind = RepeatedLine
		}
	}
	for n := range lines {
		if differ[lines[n].row.Reference] {
			lines[n].Kind, lines[n].ambiguous = Conflict, true
		}
	}
}
