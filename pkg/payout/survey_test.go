package payout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

func TestASurveyCountsTheDeskOverAllPages(t *testing.T) {
	w := newWorld(t)
	since := w.clock.Now()
	for i, reasons := range [][]payout.Reason{
		{payout.Contradiction, payout.Returned}, {payout.UnknownTooLong}, {payout.UnknownTooLong},
	} {
		p := payout.Payout{CreatedAt: since.Add(time.Duration(i-5) * time.Hour)}
		for _, r := range reasons {
			p.Attention = p.Attention.With(r, since)
		}
		w.store.desk = append(w.store.desk, p)
	}
	if err := w.sweeper.Survey(context.Background()); err != nil {
		t.Fatal(err)
	}
	got := w.signals.surveys[0]
	for reason, n := range got.Waiting {
		want := map[payout.Reason]int{payout.Contradiction: 1, payout.Returned: 1, payout.UnknownTooLong: 2}[reason]
		if n != want {
			t.Errorf("%s: %d, want %d", reason, n, want)
		}
	}
	if len(got.Waiting) != len(payout.Reasons) || got.OldestUnknown != 4*time.Hour {
		t.Errorf("%+v", got)
	}
}

func TestASurveyThatFailsReportsNothing(t *testing.T) {
	w := newWorld(t)
	w.store.deskFault = errors.New("the table is away")
	if err := w.sweeper.Survey(context.Background()); !errors.Is(err, w.store.deskFault) || len(w.signals.surveys) != 0 {
		t.Errorf("%v, %v", err, w.signals.surveys)
	}
}

func TestEveryReasonHasANextAction(t *testing.T) {
	for _, r := range payout.Reasons {
		if r.NextAction() == "" {
			t.Errorf("%s has none", r)
		}
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(payout.Reasons))); len(unique) != len(payout.Reasons) {
		t.Errorf("a reason is listed twice: %v", payout.Reasons)
	}
}
