package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Open returns an empty store; it cleans up after itself by t.Cleanup. Each part has one of its
// own, so that the parts may use the same references, and one that fails says nothing of the
// next.
type Open func(t *testing.T) payout.Store

// Run runs the whole suite, each part on a store of its own. The names are promises in plain
// words: whoever reads the output of a run learns what a store promises.
func Run(t *testing.T, open Open) {
	t.Helper()
	for _, part := range []struct {
		name string
		run  func(*testing.T, payout.Store)
	}{
		// What every other part relies on.
		{"a payout comes back as it was stored", roundTrip},
		{"an absent payout is not found", absent},
		// The fence: whoever wins it submits, and whoever is told "not started" may pay another
		// way.
		{"of fifty inserts at once one wins, and all others see the winner", insertRace},
		{"what is turned away is not inserted, and what is inserted not turned away", turnAway},
		{"of an insert and a turning away one wins", turnAwayRace},
		// Steps, which are all that moves a payout after its insert.
		{"every part of a guard holds and refuses", guards},
		{"every part of a change is made", changes},
		{"a claim is applied exactly where the transition table allows it", transitions},
		{"random steps mean what the domain says they mean", randomSteps},
		{"a write that is sent twice takes effect once", lostAcknowledgements},
		// The queue of the sweep, and the lists that people work from.
		{"a payout is due until its time moves, in its shard, oldest first", dueOrder},
		{"of two sweeps one takes a row", sweepRace},
		{"a day is listed newest first, without gaps or repetitions", days},
		{"attention is listed oldest first, and goes when it is cleared", attention},
		{"what is about money is listed apart", gravity},
		{"both kinds of orphans are listed, once each", orphans},
		{"orphans are due when their texts have to go, which one write takes out", orphanTexts},
		{"filters let through what they name", filters},
		{"a foreign cursor is refused", cursors},
		// What the functions of a deployment have in common.
		{"a store is bound to one namespace", namespaces},
		{"a store remembers the latest restore", restores},
		{"pauses are seen by everybody", pauses},
		{"a change of the controls is appended once, and the newest is in force", controls},
		{"what is submitted is summed in buckets of a provider and currency", outflow},
		{"of many processes that count at once none is lost", outflowRace},
		// What keeps the same money from going twice under two references.
		{"a recipient's list holds every payout once, up to its limit", recipients},
		{"of many payouts to one recipient at one moment all but one see another", recipientRace},
		// What is told to people and merchants.
		{"a report is kept once, and who sent a statement last first", reports},
		{"what is published is read once, in order, by number", feed},
		{"the longest page of the feed shows whether there is more", feedPage},
		{"of many writers each gets a number, and none is left out", feedRace},
		{"a reader never passes a writer that is slow", slowWriter},
		// What no caller may misread.
		{"a cancelled caller gets an error and changes nothing", cancelled},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, open(t)) })
	}
}

var (
	background = context.Background()
	// start is a moment with milliseconds: a store that keeps less fails.
	start = time.Date(2026, 5, 16, 8, 10, 5, 123_000_000, time.UTC)
	// keep is later than any store may drop anything, by whatever clock.
	keep = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

func amount(t *testing.T, text string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fresh is a payout as create stores it. It is fenced, sent once and has its first fact, so the
// guard of a write without a look lets it through.
func fresh(t *testing.T, reference string) payout.Payout {
	t.Helper()
	return payout.Payout{
		ID: payout.DeriveID("storetest", payout.Reference(reference)), Reference: payout.Reference(reference),
		Provider: firstProvider(), Attempt: 1, Status: payout.Submitting, Amount: amount(t, "50000", money.KHR),
		Destination: payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_1", AccountNumber: "88990011"},
		Fingerprint: "1.abc", CreatedAt: start, UpdatedAt: start, StatusAt: start, SubmittedAt: start, Sent: 1,
		Lease: payout.Lease{Token: "token-" + reference, Until: start.Add(time.Minute)}, QueryAt: start.Add(90 * time.Second), DueAt: start.Add(90 * time.Second),
		Notice:  payout.Notice{At: start.Add(90 * time.Second), Fresh: true},
		Heard:   payout.Heard{"1.at-0a1b2c3d", "1.sent"},
		History: []payout.Entry{{At: start, Source: payout.FromCreate, Status: payout.Submitting}}, Version: 1,
	}
}

// full is a payout of which no field is empty. roundTrip fails if a field that is added to the
// domain is not filled here, so none can be forgotten in a store's codec. It has names in Khmer,
// an empty text among the metadata, maps by attempt, and a body as long as a callback may be.
func full(t *testing.T) payout.Payout {
	t.Helper()
	// The reference is its own, since this one and the small one are stored side by side.
	p := fresh(t, "full")
	p.Attempt, p.ProviderID, p.Description = 2, "VX1", "ប្រាក់ខែ ឧសភា"
	p.Destination = payout.Destination{
		Type: payout.BankDestination, Wallet: "w", AccountID: "a", Bank: "wing", AccountNumber: "123",
		Branch: "Banteay Meanchey Branch", City: "Serei Saophoan", Province: "Banteay Meanchey",
	}
	p.Beneficiary = payout.Beneficiary{ID: "c", FirstName: "សុភា", LastName: "Chan", Email: "a@example.com", Phone: "+855 12", IPAddress: "::1"}
	p.Metadata = map[string]string{"order": "42", "empty": "", "ឈ្មោះ": "✓"}
	p.CreatedBy = "arn:aws:iam::111122223333:role/payroll"
	p.Failure = &payout.Failure{Code: payout.FailureRisk, ProviderCode: "402", Message: "m"}
	p.Return = &payout.Return{At: start.Add(time.Hour), ProviderCode: "c", Message: "back"}
	p.Attention = payout.Attention{payout.Contradiction: start, payout.UnlistedStatus: start.Add(time.Millisecond)}
	p.Proposal = payout.Proposal{
		Action: payout.Resolve, As: payout.ResolvedFailed, By: "somebody", Person: "Dara", Identity: "arn:dara", At: start,
		Evidence: payout.HashEvidence([]byte("a letter")), Attempt: 2, Entries: 5,
	}
	p.Heard = payout.Heard{"1.closed.1", "1.sent", "2.mismatch", "2.sent"}
	p.Answered = map[payout.Attempt]string{1: "VX0", 2: "VX1"}
	p.Taken = 6
	p.Inquiries = map[payout.Attempt]payout.Inquiry{
		1: {
			Open: true, Marked: 5, Tries: 4, AskedAt: start.Add(4 * time.Minute), Due: start.Add(9 * time.Minute), Called: payout.Contradiction, OpenedAt: start.Add(3 * time.Minute), Confirms: true,
		},
		12: {Open: true},
	}
	p.QueuedReason, p.RecipientOwed = payout.QueuedSpokenOf, true
	p.AskedAt, p.AnsweredAt, p.SpokenAt = start.Add(6*time.Minute), start.Add(5*time.Minute), start.Add(7*time.Minute)
	p.SimilarTo, p.SimilarBy = payout.DeriveID("storetest", "other"), "arn:aws:iam::111122223333:role/other"
	p.Similar, p.Beside = []payout.Similar{payout.SimilarOf(payout.DeriveID("storetest", "wanted"), 3, 2), payout.SimilarOf(p.SimilarTo, 1, 1)}, 1
	p.Unwritten, p.Recipient = []string{"k1", "k2"}, "key"
	p.HistoryDropped, p.Polls, p.Turn, p.Sent, p.Version = 3, 7, 102, 2, 9
	p.CompletedAt, p.RedactedAt = start.Add(2*time.Hour), start.Add(3*time.Hour)
	p.QueryAt = start.Add(5 * time.Minute)
	p.Notice = payout.Notice{
		At: start.Add(90 * time.Second), Fed: 4, Tried: 3, Owed: []int{1, 3}, Failures: 2, Fresh: true,
		Lease: payout.Lease{Token: "telling", Until: start.Add(time.Minute)}, Unclear: start.Add(-time.Hour),
	}
	p.History = append(p.History, payout.Entry{
		At: start.Add(time.Second), Source: payout.FromCallback, Status: payout.Failed, Finding: payout.FoundFailed,
		ProviderCode: "00029", Message: "rejected", By: "somebody", Proposer: "Dara", ClaimKey: "k", Evidence: payout.HashEvidence(evidence(64 << 10)), Raw: evidence(64 << 10),
		Confirmed: true,
		Raised:    []payout.Reason{payout.Contradiction}, Cleared: []payout.Reason{payout.UnknownTooLong, payout.QueuedTooLong},
	})
	return p
}

// evidence is text that does not compress to nothing. A store may pack bodies, and a body of one
// byte repeated would hide what it does with a large one.
func evidence(n int) []byte {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"member%d":"%x"}`, i, i*2654435761)
	}
	return []byte(b.String()[:n])
}

// roundTrip: what is read must be what was written, in every field. A field that does not come
// back is not missed by anything else for a long time: the payout is sent, paid and listed
// without it. The refusal of a second insert carries the payout as well, since a replay is
// answered from it without another request.
func roundTrip(t *testing.T, s payout.Store) {
	for _, p := range []payout.Payout{fresh(t, "small"), full(t)} {
		insert(t, s, p)
		if got := get(t, s, p.ID); !equal(got, p) {
			t.Errorf("%s\nstored %+v\nread   %+v", p.Reference, p, got)
		}
		var refused *payout.Refused
		if err := s.Insert(background, p, start); !errors.As(err, &refused) || refused.Current == nil || !equal(*refused.Current, p) {
			t.Errorf("%s: refused with %v", p.Reference, err)
		}
	}
	// A field that is empty here is one that the round trip does not show.
	empty := reflect.ValueOf(full(t))
	for i := range empty.NumField() {
		if field := empty.Type().Field(i); field.IsExported() && empty.Field(i).IsZero() { // the others are not stored
			t.Errorf("the suite does not fill %s", field.Name)
		}
	}
}

// absent: only a consistent read may say "not found", because a create tells its caller by it
// that nothing was started. A step about an absent payout makes none: an update in DynamoDB
// would.
func absent(t *testing.T, s payout.Store) {
	id := payout.DeriveID("storetest", "absent")
	if _, err := s.Get(background, id); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	var refused *payout.Refused
	_, err := s.Apply(background, payout.Step{ID: id, Then: payout.Change{At: start}})
	if !errors.As(err, &refused) || refused.Current != nil {
		t.Errorf("apply: %v", err)
	}
}

// insert stores a payout for a request that arrived at start.
func insert(t *testing.T, s payout.Store, p payout.Payout) {
	t.Helper()
	if err := s.Insert(background, p, start); err != nil {
		t.Fatal(err)
	}
}

// get is the payout as it is stored now.
func get(t *testing.T, s payout.Store, id payout.ID) payout.Payout {
	t.Helper()
	p, err := s.Get(background, id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// equal compares payouts; nil and empty sets are the same. Stores differ there: DynamoDB keeps no
// empty ones.
func equal(a, b payout.Payout) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// plain makes empty sets nil, in a copy: the payout that is compared may be compared again.
func plain(p payout.Payout) payout.Payout {
	if len(p.Attention) == 0 {
		p.Attention = nil
	}
	if len(p.Metadata) == 0 {
		p.Metadata = nil
	}
	if len(p.History) == 0 {
		p.History = nil
	}
	history := append([]payout.Entry(nil), p.History...)
	for i := range history {
		if len(history[i].Raw) == 0 {
			history[i].Raw = nil
		}
	}
	p.History = history
	return p
}
