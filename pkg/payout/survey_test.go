package payout_test

import (
	"context"
	"errors"
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
		w.store.inReview = append(w.store.inReview, p)
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

// Alarms on money watch the survey alone: what is harmless, and older, must not hide it.
func TestASurveyFindsMoneyBehindAnyNumberOfOthers(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	put := func(age time.Duration, reasons ...payout.Reason) {
		p := payout.Payout{CreatedAt: now.Add(-age)}
		for _, r := range reasons {
			p.Attention = p.Attention.With(r, p.CreatedAt)
		}
		w.store.inReview = append(w.store.inReview, p)
	}
	for range 501 { // the endpoint was away for a weekend
		put(48*time.Hour, payout.NotificationFailing)
	}
	put(10*time.Hour, payout.Contradiction)
	put(9*time.Hour, payout.DoublePaymentSuspected)
	put(9*time.Hour, payout.CallbackMismatch)
	put(9*time.Hour, payout.UnknownTooLong)
	if err := w.sweeper.Survey(bg); err != nil {
		t.Fatal(err)
	}
	got := w.signals.surveys[0]
	for _, r := range []payout.Reason{payout.Contradiction, payout.DoublePaymentSuspected, payout.CallbackMismatch, payout.UnknownTooLong} {
		if got.Waiting[r] != 1 {
			t.Errorf("%s: %d", r, got.Waiting[r])
		}
	}
	if got.OldestUnknown != 9*time.Hour || got.Waiting[payout.NotificationFailing] != 501 {
		t.Errorf("%+v", got)
	}
}

// A payroll that was held for longer than it may wait, or whose events nobody takes, is on the
// review queue as a whole. It hides nothing about money, and fails no sweep.
func TestAHeldPayrollHidesNoDoublePayment(t *testing.T) {
	for _, reason := range []payout.Reason{payout.QueuedTooLong, payout.NotificationFailing, payout.PossibleDuplicate, payout.ProviderConfiguration} {
		for _, slow := range []bool{false, true} {
			w := newWorld(t)
			now := w.clock.Now()
			for range 10_050 {
				w.store.inReview = append(w.store.inReview, payout.Payout{CreatedAt: now.Add(-4 * time.Hour), Attention: payout.Attention{reason: now.Add(-3 * time.Hour)}})
			}
			for _, money := range []payout.Reason{payout.DoublePaymentSuspected, payout.Contradiction, payout.CallbackMismatch, payout.UnknownTooLong} {
				w.store.inReview = append(w.store.inReview, payout.Payout{CreatedAt: now.Add(-5 * time.Hour), Attention: payout.Attention{money: now, payout.NotificationFailing: now}})
			}
			if slow {
				w.store.listing = func() { w.clock.pass(2 * time.Second) }
			}
			if err := w.sweeper.Survey(bg); err != nil || len(w.signals.surveys) != 1 {
				t.Fatalf("%s: %v", reason, err)
			}
			got := w.signals.surveys[0]
			for _, money := range []payout.Reason{payout.DoublePaymentSuspected, payout.Contradiction, payout.CallbackMismatch, payout.UnknownTooLong} {
				if got.Waiting[money] != 1 {
					t.Errorf("%s, slow %v: %s counts %d", reason, slow, money, got.Waiting[money])
				}
			}
			if !got.AtLeast || got.OldestUnknown != 5*time.Hour || got.Waiting[reason] < 1 {
				t.Errorf("%s, slow %v: %+v", reason, slow, got)
			}
		}
	}
}

// Nobody may take it for quiet what nobody has looked at.
func TestASurveyThatDoesNotComeToTheEndSaysSo(t *testing.T) {
	for name, slow := range map[string]bool{"too many": false, "too slow": true} {
		w := newWorld(t)
		p := payout.Payout{CreatedAt: w.clock.Now(), Attention: payout.Attention{payout.UnknownTooLong: w.clock.Now()}}
		for range 10_001 {
			w.store.inReview = append(w.store.inReview, p)
		}
		if slow {
			w.store.listing = func() { w.clock.pass(100 * time.Millisecond) }
		}
		err := w.sweeper.Survey(bg)
		if !errors.Is(err, payout.ErrQueueTooLong) || len(w.signals.surveys) != 1 {
			t.Errorf("%s: %v, %d reports", name, err, len(w.signals.surveys))
		}
		if looked := w.signals.surveys[0].Waiting[payout.UnknownTooLong]; slow != (looked < 1000) {
			t.Errorf("%s: looked at %d", name, looked)
		}
	}
}

func TestASurveyThatFailsReportsNothing(t *testing.T) {
	w := newWorld(t)
	w.store.inReviewFault = errors.New("the table is away")
	if err := w.sweeper.Survey(context.Background()); !errors.Is(err, w.store.inReviewFault) || len(w.signals.surveys) != 0 {
		t.Errorf("%v, %v", err, w.signals.surveys)
	}
}
