package statement

import (
	"context"
	"fmt"
	"time"

	"cambodia-payouts/pkg/payout"
)

// missing lists the provider's payouts of the days that the statement covers and
// does not mention. It ends none of them: a statement can be late.
func (i *Importer) missing(ctx context.Context, f File, lines []Line) ([]Line, error) {
	seen := map[payout.ID]bool{}
	for _, line := range lines {
		seen[line.PayoutID] = true
	}
	var missing []Line
	listed := 0
	for _, day := range days(f.From, f.To) {
		q := payout.PageQuery{Provider: f.Provider, Limit: 100}
		for {
			page, err := i.payouts.ListDay(ctx, day, q)
			if err != nil {
				return nil, err
			}
			for _, p := range page.Payouts {
				if !seen[p.ID] && expected(p) {
					line := Line{Kind: Missing, ProviderID: p.Mask().Number(p.ProviderID)}
					line.take(p)
					line.payout, line.unsettled = nil, p.Status != payout.Succeeded || !p.EndTold()
					missing = append(missing, line)
				}
			}
			if listed += max(len(page.Payouts), leastListed); listed > mostListed {
				return nil, tooMany("these days hold more payouts than one statement can be compared with; name fewer days")
			}
			if len(missing) > mostMissing {
				return nil, tooMany("the file misses more than %d payouts of these days; name fewer days", mostMissing)
			}
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
	}
	return missing, nil
}

// expected leaves out what the provider never had. What failed or was never sent need not be in a
// list of payments.
func expected(p payout.Payout) bool {
	return p.Status == payout.Succeeded || p.Status == payout.Processing || p.Status == payout.Unknown
}

// mostMissing bounds what a report holds and what one invocation can ask about.
const mostMissing = 5000

// mostListed bounds how many payouts are looked through for missing ones, and so how much
// one call reads. A page counts as leastListed at least.
const (
	mostListed  = 10_000
	leastListed = 10
)

// MostDays bounds what one statement may cover.
const MostDays = 35

// days lists the days from one to another, both included; none unless both are
// given.
func days(from, to string) []string {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, to)
	if err1 != nil || err2 != nil {
		return nil
	}
	var all []string
	for day := first; !day.After(last) && len(all) < MostDays; day = day.AddDate(0, 0, 1) {
		all = append(all, day.Format(time.DateOnly))
	}
	return all
}

// tooMany refuses the whole comparison: a list of what is missing that was cut off would look
// complete.
func tooMany(format string, values ...any) error {
	return &payout.OrderRefused{Problem: payout.OrderNotPossible, Detail: fmt.Sprintf(format, values...)}
}
