package payout_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"slices"

	"cambodia-payouts/pkg/payout"
)

func TestCreateStoresFencesSendsOnceAndRecordsInTwoWrites(t *testing.T) {
	w := newWorld(t)
	created, err := w.create(draft("R1"))
	if err != nil {
		t.Fatal(err)
	}
	p := w.stored(created.Payout.ID)
	if p.Status != payout.Processing || p.ProviderID == "" || p.Sequence() != 2 {
		t.Errorf("stored %s with number %q and sequence %d", p.Status, p.ProviderID, p.Sequence())
	}
	if got := w.vexora.sent; len(got) != 1 || got[0] != p.ProviderReference() {
		t.Errorf("sent %v", got)
	}
	if w.store.writes != 2 || w.store.reads != 1 { // the one read is this test's
		t.Errorf("%d writes and %d reads", w.store.writes, w.store.reads)
	}
	if p.Lease.Token != "" {
		t.Error("the lease outlived the submission")
	}
}

func TestReplayAnswersTheCurrentPayoutInOneWriteAndSendsNothing(t *testing.T) {
	w := newWorld(t)
	first := w.mustCreate(draft("R1"))
	w.receive(w.claim(first, payout.FoundSucceeded))
	before := w.store.writes
	again, err := w.create(draft("R1"))
	if err != nil {
		t.Fatal(err)
	}
	if !again.Replayed || again.Payout.Status != payout.Succeeded {
		t.Errorf("replayed %v with status %s", again.Replayed, again.Payout.Status)
	}
	if w.store.writes != before+1 || len(w.vexora.sent) != 1 {
		t.Errorf("%d more writes, %d sent", w.store.writes-before, len(w.vexora.sent))
	}
}

func TestReplayAllowsAnotherDescriptionButNotAnotherRecipient(t *testing.T) {
	changes := map[string]struct {
		change func(*payout.Draft)
		reused bool
	}{
		"description":    {func(d *payout.Draft) { d.Description = "other" }, false},
		"metadata":       {func(d *payout.Draft) { d.Metadata = map[string]string{"a": "b"} }, false},
		"equal amount":   {func(d *payout.Draft) { d.Amount = "50000.00" }, false},
		"phone":          {func(d *payout.Draft) { d.Beneficiary.Phone = "012345678" }, false},
		"amount":         {func(d *payout.Draft) { d.Amount = "50001" }, true},
		"currency":       {func(d *payout.Draft) { d.Currency, d.Amount = "USD", "500" }, true},
		"account number": {func(d *payout.Draft) { d.Destination.AccountNumber = "88990012" }, true},
		"account id":     {func(d *payout.Draft) { d.Destination.AccountID = "lanton_88990012" }, true},
		"first name":     {func(d *payout.Draft) { d.Beneficiary.FirstName = "Sophe" }, true},
		"beneficiary id": {func(d *payout.Draft) { d.Beneficiary.ID = "customer_124" }, true},
		"provider":       {func(d *payout.Draft) { d.Provider = "" }, true},
	}
	for name, tt := range changes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mustCreate(draft("R1"))
			d := draft("R1")
			tt.change(&d)
			created, err := w.create(d)
			var refusal *payout.Refusal
			reused := errors.As(err, &refusal) && refusal.Kind == payout.ReferenceReused
			if reused != tt.reused || (!reused && !created.Replayed) {
				t.Errorf("reused %v, replayed %v, error %v", reused, created.Replayed, err)
			}
			if len(w.vexora.sent)+len(w.monetix.sent) != 1 {
				t.Error("something else was sent")
			}
		})
	}
}

func TestHundredConcurrentCreatesOfOneReferenceSendOnce(t *testing.T) {
	w := newWorld(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	replays := 0
	for range 100 {
		wait.Go(func() {
			created, err := w.create(draft("R1"))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if created.Replayed {
				replays++
			}
		})
	}
	wait.Wait()
	if replays != 99 || len(w.vexora.sent) != 1 {
		t.Errorf("%d replays, %d sent", replays, len(w.vexora.sent))
	}
}

func TestAnUnclearFenceIsPutAgainAndNeverSendsUnlessItIsOurs(t *testing.T) {
	tests := map[string]struct {
		faults []fault
		sent   int
	}{
		"lost before, then clear":            {[]fault{lostBefore}, 1},
		"lost after, found by its own token": {[]fault{lostAfter}, 1},
		"twice lost before":                  {[]fault{lostBefore, lostBefore}, 1},
		"never clear":                        {[]fault{lostBefore, lostBefore, lostBefore}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.store.fault = func(n int) fault {
				if n <= len(tt.faults) {
					return tt.faults[n-1]
				}
				return none
			}
			_, err := w.create(draft("R1"))
			if len(w.vexora.sent) != tt.sent {
				t.Errorf("sent %d, want %d", len(w.vexora.sent), tt.sent)
			}
			var refusal *payout.Refusal
			if tt.sent == 0 && (!errors.As(err, &refusal) || refusal.Outcome != payout.OutcomeUnknown) {
				t.Errorf("error %v must say that the outcome is unknown", err)
			}
		})
	}
}

func TestAnAnswerThatCannotBeRecordedIsToldAsUnknown(t *testing.T) {
	w := newWorld(t)
	w.store.fault = func(n int) fault {
		if n == 2 {
			return lostBefore
		}
		return none
	}
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Unknown {
		t.Errorf("told %s", p.Status)
	}
	if stored := w.stored(p.ID); stored.Status != payout.Submitting || stored.DueAt.IsZero() {
		t.Errorf("stored %s, due %v", stored.Status, stored.DueAt)
	}
}

func TestAnswersOfTheProviderBecomeStates(t *testing.T) {
	tests := map[string]struct {
		claim  payout.Claim
		status payout.Status
		reason payout.Reason
	}{
		"accepted":            {payout.Claim{Finding: payout.FoundProcessing}, payout.Processing, ""},
		"paid at once":        {payout.Claim{Finding: payout.FoundSucceeded}, payout.Succeeded, ""},
		"refused for good":    {payout.Claim{Finding: payout.FoundFailed, Conclusive: true, OnlyIfFirst: true}, payout.Failed, ""},
		"no answer":           {payout.Claim{Finding: payout.FoundUnclear}, payout.Unknown, ""},
		"an unlisted status":  {payout.Claim{Finding: payout.FoundUnlisted}, payout.Unknown, payout.UnlistedStatus},
		"never connected":     {payout.Claim{Finding: payout.FoundNotSent}, payout.Queued, ""},
		"refused for our key": {payout.Claim{Finding: payout.FoundAboutUs}, payout.Queued, payout.ProviderConfiguration},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.vexora.answer = func(payout.Payout) payout.Claim {
				tt.claim.At = w.clock.Now()
				return tt.claim
			}
			p := w.mustCreate(draft("R1"))
			stored := w.stored(p.ID)
			if stored.Status != tt.status || p.Status != tt.status {
				t.Errorf("stored %s, told %s, want %s", stored.Status, p.Status, tt.status)
			}
			if _, raised := stored.Attention[tt.reason]; tt.reason != "" && !raised {
				t.Errorf("attention %v", stored.Attention)
			}
			if stored.Status.Final() != stored.QueryAt.IsZero() {
				t.Errorf("%s is due %v", stored.Status, stored.QueryAt)
			}
		})
	}
}

func TestACallbackThatOvertakesTheAnswerIsNotOverwritten(t *testing.T) {
	w := newWorld(t)
	w.vexora.during = func() {
		id := payout.DeriveID("test", "R1")
		w.receive(w.claim(w.store.Payouts[id], payout.FoundSucceeded))
	}
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Succeeded || w.stored(p.ID).Sequence() != 2 {
		t.Errorf("told %s with %d entries", p.Status, p.Sequence())
	}
}

func TestASubmissionWithTooLittleTimeIsNotBegun(t *testing.T) {
	w := newWorld(t)
	ctx := endsAt{context.Background(), w.clock.Now().Add(17 * time.Second)}
	created, err := w.creator.Create(ctx, draft("R1"), "")
	if err != nil {
		t.Fatal(err)
	}
	if created.Payout.Status != payout.Queued || len(w.vexora.sent) != 0 {
		t.Errorf("%s, sent %d", created.Payout.Status, len(w.vexora.sent))
	}
}

// endsAt is a context that ends by the tests' clock, which is in the past.
type endsAt struct {
	context.Context
	at time.Time
}

// Deadline implements context.Context.
func (e endsAt) Deadline() (time.Time, bool) { return e.at, true }

func TestAPausedProviderQueuesInOneWrite(t *testing.T) {
	w := newWorld(t)
	w.over(payout.Floor{Held: held(Vexora)})
	p := w.mustCreate(draft("R1"))
	if p.Status != payout.Queued || w.store.writes != 1 || len(w.vexora.sent) != 0 {
		t.Errorf("%s after %d writes, sent %d", p.Status, w.store.writes, len(w.vexora.sent))
	}
}

func TestARefusalAboutUsHoldsTheNextPayouts(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundAboutUs, At: w.clock.Now()}
	}
	w.mustCreate(draft("R1"))
	second := w.mustCreate(draft("R2"))
	if second.Status != payout.Queued || len(w.vexora.sent) != 1 {
		t.Errorf("%s, sent %d", second.Status, len(w.vexora.sent))
	}
}

func TestRefusalsSpeakAboutTheReference(t *testing.T) {
	bad := func(reference string) payout.Draft {
		d := draft(reference)
		d.Amount = "-1"
		return d
	}
	t.Run("nothing under the reference", func(t *testing.T) {
		w := newWorld(t)
		_, err := w.create(bad("R1"))
		wantRefusal(t, err, payout.Unacceptable, payout.NotStarted)
	})
	t.Run("a payout that runs", func(t *testing.T) {
		w := newWorld(t)
		w.mustCreate(draft("R1"))
		_, err := w.create(bad("R1"))
		wantRefusal(t, err, payout.ReferenceReused, payout.OutcomeUnknown)
	})
	t.Run("a payout that ended", func(t *testing.T) {
		w := newWorld(t)
		w.receive(w.claim(w.mustCreate(draft("R1")), payout.FoundSucceeded))
		_, err := w.create(bad("R1"))
		wantRefusal(t, err, payout.ReferenceReused, payout.OutcomeFinal)
	})
	t.Run("the same payout, though its bank was switched off since", func(t *testing.T) {
		w := newWorld(t)
		w.mustCreate(draft("R1"))
		w.vexora.faults = []payout.Fault{{Pointer: "/destination/bank", Code: payout.UnsupportedBank}}
		created, err := w.create(draft("R1"))
		if err != nil || !created.Replayed {
			t.Errorf("replayed %v, error %v", created.Replayed, err)
		}
	})
	t.Run("an orphan under the reference", func(t *testing.T) {
		w := newWorld(t)
		lost := payout.Payout{ID: payout.DeriveID("test", "R1"), Attempt: 1, Provider: Vexora, Amount: amount(t, "50000", "KHR")}
		w.receive(w.claim(lost, payout.FoundSucceeded))
		_, err := w.create(draft("R1"))
		wantRefusal(t, err, payout.ReferenceBlocked, payout.OutcomeUnknown)
		if len(w.vexora.sent) != 0 {
			t.Error("a restored table paid again")
		}
	})
	t.Run("settings that cannot be read", func(t *testing.T) {
		w := newWorld(t)
		w.vexora.failing = errors.New("secrets are away")
		_, err := w.create(draft("R1"))
		wantRefusal(t, err, payout.Unavailable, payout.NotStarted)
	})
}

func wantRefusal(t *testing.T, err error, kind payout.RefusalKind, outcome payout.Outcome) {
	t.Helper()
	var refusal *payout.Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("error %v", err)
	}
	if refusal.Kind != kind || refusal.Outcome != outcome {
		t.Errorf("%s with outcome %s, want %s with %s", refusal.Kind, refusal.Outcome, kind, outcome)
	}
}

func TestRoutingFollowsTheDestinationAndTheOrder(t *testing.T) {
	toBank := draft("R1")
	toBank.Provider = ""
	toBank.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"}
	wallet := draft("R2")
	wallet.Provider = ""
	t.Run("a wallet goes to Vexora", func(t *testing.T) {
		if p := newWorld(t).mustCreate(wallet); p.Provider != Vexora {
			t.Errorf("sent by %s", p.Provider)
		}
	})
	t.Run("a bank goes to the first of the order", func(t *testing.T) {
		if p := newWorld(t).mustCreate(toBank); p.Provider != Monetix {
			t.Errorf("sent by %s", p.Provider)
		}
	})
	t.Run("or to the next that serves it", func(t *testing.T) {
		w := newWorld(t)
		w.monetix.faults = []payout.Fault{{Code: payout.UnsupportedBank}}
		if p := w.mustCreate(toBank); p.Provider != Vexora {
			t.Errorf("sent by %s", p.Provider)
		}
	})
	t.Run("or to nobody", func(t *testing.T) {
		w := newWorld(t)
		w.monetix.faults = []payout.Fault{{Code: payout.UnsupportedBank}}
		w.vexora.faults = []payout.Fault{{Code: payout.ProviderNotConfigured}}
		_, err := w.create(toBank)
		wantRefusal(t, err, payout.Unacceptable, payout.NotStarted)
	})
}

func TestDraftsAreRefusedWithEveryFaultAtOnce(t *testing.T) {
	w := newWorld(t)
	d := draft("R1")
	d.Amount, d.Description = "1e3", "a=b"
	d.Destination.AccountNumber = "12 34"
	d.Beneficiary.Email, d.Beneficiary.Phone = "nobody", "call me"
	_, err := w.create(d)
	var refusal *payout.Refusal
	if !errors.As(err, &refusal) {
		t.Fatal(err)
	}
	var pointers []string
	for _, f := range refusal.Faults {
		pointers = append(pointers, f.Pointer)
	}
	want := "/amount /destination/account_number /beneficiary/email /beneficiary/phone /description"
	if got := strings.Join(pointers, " "); got != want {
		t.Errorf("faults at %s, want %s", got, want)
	}
}

func TestDraftRules(t *testing.T) {
	tests := map[string]struct {
		change  func(*payout.Draft)
		pointer string
		code    payout.FaultCode
	}{
		"no amount":                 {func(d *payout.Draft) { d.Amount = "" }, "/amount", payout.InvalidRequest},
		"zero":                      {func(d *payout.Draft) { d.Amount = "0" }, "/amount", payout.InvalidRequest},
		"negative":                  {func(d *payout.Draft) { d.Amount = "-5" }, "/amount", payout.InvalidRequest},
		"exponent":                  {func(d *payout.Draft) { d.Amount = "5e4" }, "/amount", payout.InvalidRequest},
		"three decimals":            {func(d *payout.Draft) { d.Amount = "1.001" }, "/amount", payout.InvalidRequest},
		"Khmer digits":              {func(d *payout.Draft) { d.Amount = "៥០០០០" }, "/amount", payout.InvalidRequest},
		"above the cap":             {func(d *payout.Draft) { d.Amount = "60000000.01" }, "/amount", payout.AmountAboveCap},
		"beyond 64 bits":            {func(d *payout.Draft) { d.Amount = "99999999999999999999" }, "/amount", payout.InvalidRequest},
		"another currency":          {func(d *payout.Draft) { d.Currency = "THB" }, "/currency", payout.UnsupportedCurrency},
		"lower-case currency":       {func(d *payout.Draft) { d.Currency = "khr" }, "/currency", payout.UnsupportedCurrency},
		"another provider":          {func(d *payout.Draft) { d.Provider = "aba" }, "/provider", payout.InvalidRequest},
		"another wallet":            {func(d *payout.Draft) { d.Destination.Wallet = "WING" }, "/destination/wallet", payout.InvalidRequest},
		"no account id":             {func(d *payout.Draft) { d.Destination.AccountID = "" }, "/destination/account_id", payout.InvalidRequest},
		"no destination type":       {func(d *payout.Draft) { d.Destination.Type = "" }, "/destination/type", payout.InvalidRequest},
		"a wallet with a bank":      {func(d *payout.Draft) { d.Destination.Bank = "aba" }, "/destination", payout.InvalidRequest},
		"a separator in the text":   {func(d *payout.Draft) { d.Description = "a;b" }, "/description", payout.InvalidRequest},
		"a control character":       {func(d *payout.Draft) { d.Description = "a\x00b" }, "/description", payout.InvalidRequest},
		"text in reverse":           {func(d *payout.Draft) { d.Beneficiary.FirstName = "a\u202eb" }, "/beneficiary/first_name", payout.InvalidRequest},
		"129 bytes of description":  {func(d *payout.Draft) { d.Description = strings.Repeat("a", 129) }, "/description", payout.InvalidRequest},
		"101 characters of a name":  {func(d *payout.Draft) { d.Beneficiary.LastName = strings.Repeat("ខ", 101) }, "/beneficiary/last_name", payout.InvalidRequest},
		"an e-mail with a name":     {func(d *payout.Draft) { d.Beneficiary.Email = "S <s@example.com>" }, "/beneficiary/email", payout.InvalidRequest},
		"no IP address":             {func(d *payout.Draft) { d.Beneficiary.IPAddress = "here" }, "/beneficiary/ip_address", payout.InvalidRequest},
		"eleven pairs of metadata":  {func(d *payout.Draft) { d.Metadata = pairs(11, 1) }, "/metadata", payout.InvalidRequest},
		"two kilobytes of metadata": {func(d *payout.Draft) { d.Metadata = pairs(2, 1000) }, "/metadata", payout.InvalidRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := draft("R1")
			tt.change(&d)
			_, err := w.create(d)
			var refusal *payout.Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("error %v", err)
			}
			if len(refusal.Faults) != 1 || refusal.Faults[0].Pointer != tt.pointer || refusal.Faults[0].Code != tt.code {
				t.Errorf("faults %+v", refusal.Faults)
			}
			if len(w.store.Payouts) != 0 || w.store.writes != 1 || len(w.vexora.sent) != 0 {
				t.Error("a refused request left more than that it was turned away")
			}
		})
	}
}

func pairs(n, size int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[string(rune('a'+i))] = strings.Repeat("x", size)
	}
	return m
}

func TestAfterARestoreNothingIsSaidToBeNotStarted(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.RestoredAt = time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC) })
	d := draft("R1")
	d.Amount = "-1"
	_, err := w.create(d)
	wantRefusal(t, err, payout.Unacceptable, payout.OutcomeUnknown)
}

func TestASuccessIsAskedAboutUntilTheQuestionIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.vexora.told = w.unclear
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	for range 4 {
		w.clock.pass(6 * time.Minute)
		w.sweep()
	}
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, Code: "00029", At: w.clock.Now()}
	}
	for range 20 {
		w.clock.pass(time.Hour)
		w.sweep()
	}
	if _, raised := w.stored(p.ID).Attention[payout.Contradiction]; !raised {
		t.Errorf("asked %d times, and nobody was told of the contradiction", w.vexora.asked)
	}
}

// When a new payout is looked at first is the policy's, and behind every lease by default.
func TestTheFirstQuestion(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: payout.DefaultFirstQuery, 3 * time.Minute: 3 * time.Minute} {
		w := newWorldWith(t, func(p *payout.Policy) { p.FirstQuery = set })
		if p := w.mustCreate(draft("R1")); p.QueryAt.Sub(p.CreatedAt) != want {
			t.Errorf("%v: asked after %v", set, p.QueryAt.Sub(p.CreatedAt))
		}
	}
}

// Why no provider takes a bank payout that names none: the first of the order says it. Settings
// that cannot be read are no refusal.
func TestAPayoutThatNobodyServes(t *testing.T) {
	d := draft("R1")
	d.Provider, d.Destination = "", payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"}
	w := newWorld(t)
	w.monetix.faults = []payout.Fault{{Pointer: "/destination/bank", Code: payout.UnsupportedBank}}
	w.vexora.faults = []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured}}
	if r := refusalOf(w.create(d)); r == nil || !slices.Equal(r.Faults, w.monetix.faults) {
		t.Errorf("both refuse: %+v", r)
	}
	w.monetix.faults, w.monetix.failing = nil, errors.New("away")
	if r := refusalOf(w.create(d)); r == nil || r.Kind != payout.Unavailable {
		t.Errorf("the first cannot be asked: %+v", r)
	}
	clear(w.connectors)
	if r := refusalOf(w.create(d)); r == nil || len(r.Faults) != 1 || r.Faults[0].Code != payout.ProviderNotConfigured {
		t.Errorf("none is wired: %+v", r)
	}
}
