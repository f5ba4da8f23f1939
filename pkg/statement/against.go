package statement

import "cambodia-payouts/pkg/payout"

// against says how a row compares with the payout that it names. The order matters: an amount that
// differs says more than what became of the payout, and a word about another attempt nothing about
// this one.
func against(p payout.Payout, row payout.StatementRow, attempt payout.Attempt) Kind {
	switch {
	case row.Amount.IsZero() && !row.Zero:
		return UnreadableAmount
	case row.Amount != p.Amount:
		return AmountDiffers
	case attempt < p.Attempt:
		return againstOlder(p, row)
	// An attempt that we never made, or another number than ours: the line is about another
	// payment.
	case attempt > p.Attempt, p.FiledUnderAnother(row.Finding, row.ProviderID):
		return Conflict
	case !p.Status.Final():
		return StillOpen
	case row.Finding == payout.FoundUnlisted:
		return UnknownWord
	case row.Finding == payout.FoundProcessing:
		return Conflict
	}
	agreed := map[payout.Finding]bool{
		payout.FoundSucceeded: p.Status == payout.Succeeded && p.ReturnConfirmed(),
		payout.FoundReturned:  p.Status == payout.Succeeded && p.Return != nil,
		payout.FoundFailed:    p.Status == payout.Failed,
	}
	if agreed[row.Finding] {
		return Matched
	}
	return Conflict
}

// againstOlder compares a row about an attempt that a later one replaced, because it had
// failed.
func againstOlder(p payout.Payout, row payout.StatementRow) Kind {
	switch row.Finding {
	case payout.FoundFailed:
		return Matched
	// Money went twice if the later attempt paid too, or still may.
	case payout.FoundSucceeded, payout.FoundReturned:
		if p.Status == payout.Succeeded || p.Status == payout.Processing || p.Status == payout.Unknown {
			return DoublePaid
		}
		return Conflict
	case payout.FoundUnlisted:
		if p.Status.Final() {
			return UnknownWord
		}
	}
	return StillOpen
}
