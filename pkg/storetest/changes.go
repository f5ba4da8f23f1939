package storetest

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// changes: every member of a change is made as the domain makes it, one after another on one
// payout, so that a member which also touches what it should leave alone is found by the
// comparison of the whole.
func changes(t *testing.T, s payout.Store) {
	p := full(t)
	// Its other fields stay full, so that whatever a change should not touch is there to be lost.
	p.Status = payout.Submitting
	insert(t, s, p)
	later := start.Add(5 * time.Hour)
	for _, step := range allChanges(p.ID, later) {
		p = try(t, s, step.name, p, payout.Step{ID: p.ID, Then: step.then})
	}
	redactions(t, s, p, later)
}

// namedChange is one change of the table. A member that is added to a change needs a line there,
// or the stores may differ about it.
type namedChange struct {
	name string
	then payout.Change
}

// allChanges lists a change for each member that one can have, one after the other. The order
// matters: each change finds what those before it have left. A member is set, and then taken away
// where that is possible.
func allChanges(id payout.ID, later time.Time) []namedChange {
	zero, five, never := 0, 5, time.Time{}
	none, one := payout.Attention{}, payout.Attention{payout.Returned: later}
	entry := &payout.Entry{At: later, Source: payout.FromQuery, Status: payout.Unknown, Raw: []byte("x")}
	// From here on, each line is applied to what the one before has made.
	return []namedChange{
		{"time alone", payout.Change{At: later}},
		{"status", payout.Change{At: later, Status: payout.Unknown}},
		// A proposal falls with a status, and by an empty one.
		{"proposal", payout.Change{At: later, Proposal: &payout.Proposal{Action: payout.Resend, By: "b", At: later}}},
		{"proposal withdrawn", payout.Change{At: later, Proposal: &payout.Proposal{}}},
		{"provider number", payout.Change{At: later, ProviderID: "VX2"}},
		{"failure", payout.Change{At: later, Failure: &payout.Failure{Code: payout.FailureDeclined}}},
		{"return", payout.Change{At: later, Return: &payout.Return{At: later}}},
		{"entry", payout.Change{At: later, Entry: entry}},
		// An entry without room is counted, and its key remembered.
		{"dropped", payout.Change{At: later, Dropped: true}},
		{"dropped, and remembered", payout.Change{At: later, Dropped: true, Unwritten: []string{"k2", "k0"}}},
		{"attention", payout.Change{At: later, Attention: &one}},
		{"no attention", payout.Change{At: later, Attention: &none}},
		// Fields for which zero is a value that can be written.
		{"lease", payout.Change{At: later, Lease: &payout.Lease{Token: "t", Until: later}}},
		{"no lease", payout.Change{At: later, Lease: &payout.Lease{}}},
		{"sent", payout.Change{At: later, Sent: &five}},
		{"none sent", payout.Change{At: later, Sent: &zero}},
		{"submitted", payout.Change{At: later, SubmittedAt: later}},
		// When the sweep comes next, and for what.
		{"due", payout.Change{At: later, DueAt: &later}},
		{"asked", payout.Change{At: later, QueryAt: &later, DueAt: &later}},
		{"to tell", payout.Change{At: later, NotifyAt: &later, DueAt: &later}},
		// How far the merchant was told: quiet, so the version stays (decision 0011).
		{"leased", payout.Change{At: later, Quiet: true, Notice: &payout.Notice{At: later, Fed: 2, Tried: 1, Owed: []int{1}, Failures: 3, Lease: payout.Lease{Token: "t", Until: later}, Unclear: start}}},
		{"told", payout.Change{At: later, Quiet: true, Notice: &payout.Notice{Fed: 2, Tried: 2}}},
		{"given up", payout.Change{At: later, Notice: &payout.Notice{At: later, Fed: 2}, Entry: entry, Attention: &payout.Attention{payout.NotificationFailing: later}}},
		{"never due", payout.Change{At: later, DueAt: &never}},
		{"polls", payout.Change{At: later, Polls: &five}},
		{"turn", payout.Change{At: later, Turn: &five}},
		{"taken", payout.Change{At: later, DueAt: &later, Taken: true}},
		{"inquired", payout.Change{At: later, DueAt: &later, Inquiries: map[payout.Attempt]payout.Inquiry{2: {Open: true, Due: later}}}},
		{"inquired, and answered", payout.Change{At: later, Inquiries: map[payout.Attempt]payout.Inquiry{
			1: {Open: true, Marked: 7, Tries: 2, AskedAt: start, Due: later}, 2: {AskedAt: later, Due: later, Confirms: true},
		}}},
		// What holds a payout: the names, and how many of them people want it beside.
		{"similar", payout.Change{At: later, SimilarTo: id, SimilarBy: "somebody"}},
		{"similar to two", payout.Change{At: later, SimilarTo: id, Similar: []payout.Similar{payout.SimilarOf(payout.DeriveID("storetest", "1"), 2, 1), payout.SimilarOf(id, 1, 1)}, Beside: &zero}},
		{"beside five", payout.Change{At: later, Beside: &five}},
		{"similar to nobody's", payout.Change{At: later, SimilarTo: id}},
		// A fact that is there already is added once more without effect.
		{"heard", payout.Change{At: later, Heard: []payout.Fact{"2.paid", "1.sent"}}},
		{"heard once more", payout.Change{At: later, Heard: []payout.Fact{"2.paid", "2.wavered.1"}, Entry: entry}},
		// What becomes unknown owes its list an entry, unless the same write says that it was
		// noted.
		{"unknown", payout.Change{At: later, Status: payout.Unknown}},
		{"noted", payout.Change{At: later, Noted: true}},
		{"owed", payout.Change{At: later, Owed: true}},
		// Two members about one flag, in one write: noted wins.
		{"owed and noted", payout.Change{At: later, Owed: true, Noted: true}},
		{"unknown and owed", payout.Change{At: later, Status: payout.Unknown, Owed: true}},
		{"unknown and noted", payout.Change{At: later, Status: payout.Unknown, Noted: true}},
		{"answered under a number", payout.Change{At: later, Answered: map[payout.Attempt]string{1: "VX0", 2: "VX1", 3: "VX2"}}},
		// A reason goes with the next status, and may be replaced without one.
		{"queued for a reason", payout.Change{At: later, Status: payout.Queued, QueuedReason: payout.QueuedNotConnected}},
		{"queued for another reason", payout.Change{At: later, QueuedReason: payout.QueuedPaused}},
		{"no longer queued", payout.Change{At: later, Status: payout.Processing}},
		{"asked", payout.Change{At: later, AskedAt: later}},
		{"answered", payout.Change{At: later, AskedAt: later, AnsweredAt: later}},
		{"spoken of", payout.Change{At: later, SpokenAt: later}},
		{"final", payout.Change{At: later, Status: payout.Failed, Failure: &payout.Failure{Code: payout.FailureRisk}, Entry: entry, Lease: &payout.Lease{}, DueAt: &never}},
		// Behind an end, so that there is something for it to clear.
		{"a new attempt", payout.Change{At: later, Status: payout.Submitting, NewAttempt: true, Entry: entry}},
	}
}

// redactions takes the personal data out, and once more what has come since. The second time is
// part of it: what comes after a redaction is taken out as well (decision 0020), and what was
// gone stays gone.
func redactions(t *testing.T, s payout.Store, p payout.Payout, later time.Time) {
	t.Helper()
	never := time.Time{}
	p = try(t, s, "redaction", p, payout.Step{ID: p.ID, Then: payout.Change{At: later, Redaction: &payout.Redaction{
		At: later, Fingerprint: "2.def", Recipient: "key of the list", Failure: &payout.Failure{Code: payout.FailureRisk}, Return: &payout.Return{At: start},
		Destination: payout.Destination{Type: payout.WalletDestination, AccountNumber: "****0011"},
		Beneficiary: payout.Beneficiary{ID: "redacted", Email: "redacted"},
		History:     []payout.Entry{{At: start, Source: payout.FromCreate, Status: payout.Submitting, Evidence: "e"}},
	}}})
	try(t, s, "redaction once more", p, payout.Step{ID: p.ID, Then: payout.Change{At: later.Add(time.Hour), DueAt: &never, QueryAt: &never, Proposal: &payout.Proposal{}, Redaction: &payout.Redaction{
		At: later, Fingerprint: "2.def", Recipient: "key of the list", Destination: payout.Destination{Type: payout.WalletDestination, AccountNumber: "****0011"},
		History: []payout.Entry{{At: start, Source: payout.FromCreate, Status: payout.Submitting, Evidence: "hmac-sha256:e"}},
	}}})
}
