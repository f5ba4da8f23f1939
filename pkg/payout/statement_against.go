package payout

// against says how a row compares with the payout that it names.
func (p Payout) against(row StatementRow, attempt Attempt) LineKind {
	switch {
	case row.Amount.IsZero() && !row.Zero:
		return UnreadableAmount
	case row.Amount != p.Amount:
		return AmountDiffers
	case attempt < p.Attempt:
		return p.againstOlder(row)
	case attempt > p.Attempt, p.filedUnderAnother(row.Finding, row.ProviderID):
		return Conflict
	case !p.Status.Final():
		return StillOpen
	case row.Finding == FoundUnlisted:
		return UnknownWord
	case row.Finding == FoundProcessing:
		return Conflict
	}
	agreed := map[Finding]bool{
		FoundSucceeded: p.Status == Succeeded && p.returnConfirmed(),
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
	case FoundUnlisted:
		if p.Status.Final() {
			return UnknownWord
		}
	}
	return StillOpen
}

// filedUnderAnother reports whether a line about the present attempt says that money went, under
// another number of the provider's than the one that we hold. After a second submission there
// may be two payments, and a failure under another number is ordinary.
func (p Payout) filedUnderAnother(f Finding, number string) bool {
	return p.numbersPayment(f) && !sameNumber(p.ProviderID, number)
}

// numbersPayment reports whether the number beside a finding is that of money that went. Where a
// reference is paid once, as the provider documents, another number beside a return is that of
// the return.
func (p Payout) numbersPayment(f Finding) bool {
	return f == FoundSucceeded || f == FoundReturned && p.Provider.facts().Recovery.RefusesRepeats != Documented
}
