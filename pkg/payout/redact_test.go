package payout_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

const day = 24 * time.Hour

// retaining is a world that keeps personal data for thirty days.
func retaining(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(p *payout.Policy) { p.RedactAfter = 30 * day })
}

// pass sweeps once a day for so many days.
func (w *world) pass(days int) {
	w.t.Helper()
	for range days {
		w.clock.pass(day)
		w.sweep()
	}
}

// redacted is a payout that succeeded by a callback and was redacted.
func (w *world) redacted(d payout.Draft) payout.Payout {
	w.t.Helper()
	w.vexora.told = w.says(payout.FoundSucceeded)
	p := w.mustCreate(d)
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(32)
	p = w.stored(p.ID)
	if p.RedactedAt.IsZero() {
		w.t.Fatalf("not redacted; due %v, attention %v", p.DueAt, p.Attention)
	}
	return p
}

// plainFingerprint is a fingerprint of version 1, as it was once stored.
func plainFingerprint(d payout.Draft, minor string) payout.Fingerprint {
	digest := sha256.New()
	for _, field := range []string{
		"1", minor, d.Currency, string(d.Destination.Type), d.Destination.Wallet, d.Destination.AccountID, d.Destination.Bank,
		d.Destination.AccountNumber, d.Destination.Branch, d.Destination.City, d.Destination.Province,
		d.Beneficiary.ID, d.Beneficiary.FirstName, d.Beneficiary.LastName, string(d.Provider),
	} {
		digest.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		digest.Write([]byte(field))
	}
	return payout.Fingerprint("1." + base64.RawURLEncoding.EncodeToString(digest.Sum(nil)[:18]))
}

// old gives a stored payout another fingerprint, as an earlier version wrote it.
func (w *world) old(id payout.ID, f payout.Fingerprint) {
	p := w.store.Payouts[id]
	p.Fingerprint = f
	w.store.Payouts[id] = p
}

func TestAFingerprintIsMadeUnderTheKey(t *testing.T) {
	first, other := newWorld(t), newWorld(t)
	a, b := first.mustCreate(draft("R1")).Fingerprint, other.mustCreate(draft("R2")).Fingerprint
	if !strings.HasPrefix(string(a), "2.") || a != b {
		t.Errorf("%s and %s, for one request", a, b)
	}
	if _, hash, _ := strings.Cut(string(plainFingerprint(draft("R1"), "5000000")), "."); strings.Contains(string(a), hash) {
		t.Error("it is the plain hash")
	}
}

// The one who has the table tries every ten-digit number. He finds nothing, although the right
// one is among his tries.
func TestATenDigitAccountNumberCannotBeTriedOut(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	d := draft("R1")
	d.Destination.AccountNumber = "1234567890"
	p := w.mustCreate(d)
	stored := fmt.Sprintf("%+v %v", w.stored(p.ID).Fingerprint, w.store.Lists)
	if len(w.store.Lists) != 1 {
		t.Fatal("no list was written")
	}
	for _, number := range []string{"1234567889", "1234567890", "1234567891"} {
		d.Destination.AccountNumber = number
		digest := sha256.Sum256([]byte(strings.Join([]string{"wallet", payout.Lanton, "", number, "5000000", "KHR"}, "\x00")))
		for _, hash := range []string{base64.RawURLEncoding.EncodeToString(digest[:18]), string(plainFingerprint(d, "5000000")[2:])} {
			if strings.Contains(stored, hash) {
				t.Errorf("%s came out of %s", number, hash)
			}
		}
	}
}

func TestAPayoutOfAnEarlierVersionIsRecognised(t *testing.T) {
	for name, chosen := range map[string]payout.Provider{"who had named the provider": Vexora, "who had not": ""} {
		w := retaining(t)
		d := draft("R1")
		d.Provider = chosen
		p := w.mustCreate(d)
		w.old(p.ID, plainFingerprint(d, "5000000"))
		again := func(when string) {
			if created, err := w.create(d); err != nil || !created.Replayed {
				t.Errorf("%s, %s: %v", name, when, err)
			}
			other := d
			other.Beneficiary.LastName = "Chea"
			if refused := refusalOf(w.create(other)); refused.Kind != payout.ReferenceReused || refused.Outcome == payout.NotStarted {
				t.Errorf("%s, %s, another request: %+v", name, when, refused)
			}
		}
		again("before redaction")
		if len(w.vexora.sent) != 1 {
			t.Errorf("sent %d times", len(w.vexora.sent))
		}
	}
}

// Whoever may post tries account numbers out under a reference that he knows. Redaction took the
// account out, and no answer tells any more which try was right: not to an item of an earlier
// version either, whose fingerprint stayed.
func TestAfterRedactionNoAnswerTellsWhichAccountItWas(t *testing.T) {
	for name, stored := range map[string]payout.Fingerprint{
		"of this version": "", "that an earlier one left": "2.", "a plain one": plainFingerprint(draft("R1"), "5000000"), "of nobody": "1.abcdefghijklmnopqrstuvwx",
	} {
		w := retaining(t)
		p := w.redacted(draft("R1"))
		if p.Fingerprint != "0." {
			t.Errorf("%s: redaction left %s", name, p.Fingerprint)
		}
		if stored == "2." {
			stored = newWorld(t).mustCreate(draft("R1")).Fingerprint
		}
		if stored != "" {
			w.old(p.ID, stored)
		}
		wrong, other := draft("R1"), draft("R1")
		wrong.Destination.AccountNumber, other.Amount = "88990012", "60000"
		for said, d := range map[string]payout.Draft{"the same": draft("R1"), "another account": wrong, "another amount": other} {
			got := refusalOf(w.create(d))
			if got.Kind != payout.ReferenceReused || got.Outcome != payout.OutcomeFinal || got.Existing != p.ID || !got.Redacted {
				t.Errorf("%s, %s again: %+v", name, said, got)
			}
		}
		if len(w.vexora.sent) != 1 {
			t.Errorf("%s: sent %d times", name, len(w.vexora.sent))
		}
	}
}

// A fingerprint that redaction has to take out is found whatever its version.
func TestAFingerprintThatNothingFitsIsTakenOut(t *testing.T) {
	for _, f := range []payout.Fingerprint{"1.abcdefghijklmnopqrstuvwx", "2.abcdefghijklmnopqrstuvwx", plainFingerprint(draft("R1"), "5000000")} {
		w := retaining(t)
		p := w.redacted(draft("R1"))
		w.old(p.ID, f)
		w.receive(w.claim(p, payout.FoundFailed)) // something that brings the sweep back
		w.pass(2)
		if got := w.stored(p.ID).Fingerprint; got != "0." {
			t.Errorf("%s is still %s", f, got)
		}
	}
}

func refusalOf(_ payout.Created, err error) *payout.Refusal {
	refused := &payout.Refusal{}
	errors.As(err, &refused)
	return refused
}

func TestWithoutTheKeyNothingIsSentAndOnlyTheCertainIsSaid(t *testing.T) {
	unreadable := errors.New("secret not readable")
	tests := map[string]struct {
		stored  payout.Fingerprint // "" for no payout
		kind    payout.RefusalKind // "" for a replay
		outcome payout.Outcome
	}{
		"no payout":                     {"", payout.Unavailable, payout.NotStarted},
		"one with a key":                {"2.abcdefghijklmnopqrstuvwx", payout.Unavailable, payout.OutcomeUnknown},
		"one of a later version":        {"3.abcdefghijklmnopqrstuvwx", payout.Unavailable, payout.OutcomeUnknown},
		"the same, of an earlier one":   {plainFingerprint(draft("R1"), "5000000"), "", ""},
		"another one, of an earlier":    {"1.abcdefghijklmnopqrstuvwx", payout.ReferenceReused, payout.OutcomeUnknown},
		"one whose fingerprint is gone": {"0.", payout.ReferenceReused, payout.OutcomeUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tt.stored != "" {
				w.old(w.mustCreate(draft("R1")).ID, tt.stored)
			}
			w.keyFault = unreadable
			sent := len(w.vexora.sent)
			created, err := w.create(draft("R1"))
			refused := refusalOf(created, err)
			if refused.Kind != tt.kind || refused.Outcome != tt.outcome || (tt.kind == "") != created.Replayed {
				t.Errorf("%+v, replayed %v", refused, created.Replayed)
			}
			if len(w.vexora.sent) != sent {
				t.Error("it was sent")
			}
		})
	}
}

func TestALaterVersionsFingerprintIsLeftAloneWithTheKeyToo(t *testing.T) {
	w := newWorld(t)
	w.old(w.mustCreate(draft("R1")).ID, "3.abcdefghijklmnopqrstuvwx")
	if refused := refusalOf(w.create(draft("R1"))); refused.Kind != payout.Unavailable || refused.Outcome != payout.OutcomeUnknown {
		t.Errorf("%+v", refused)
	}
}

// A list that cannot be keyed is owed, and written when the key can be read again.
func TestANoteWithoutTheKeyIsOwed(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = func(p payout.Payout) payout.Claim { w.keyFault = errors.New("not readable"); return w.unclear(p) }
	w.vexora.told = w.absent
	p := w.mustCreate(draft("R1"))
	if len(w.store.Lists) != 0 || !w.stored(p.ID).RecipientOwed {
		t.Fatalf("%v, owed %v", w.store.Lists, w.stored(p.ID).RecipientOwed)
	}
	w.keyFault = nil
	w.clock.pass(2 * time.Minute)
	w.sweep()
	if len(w.store.Lists) != 1 || w.stored(p.ID).RecipientOwed {
		t.Errorf("%v, owed %v", w.store.Lists, w.stored(p.ID).RecipientOwed)
	}
}

// A list may be dropped a while after its last note. A payout that stays unknown is noted
// again before, so that it holds the same money back for as long as it takes.
func TestAListStaysAsLongAsAPayoutOnItIsUnsettled(t *testing.T) {
	for name, window := range map[string]time.Duration{"without a window": 0, "with one": time.Hour} {
		w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = window })
		w.vexora.answer, w.vexora.told = w.unclear, w.absent
		w.mustCreate(draft("R1"))
		for range 60 {
			w.pass(1)
			w.store.expire(w.clock.Now())
		}
		accepted := w.provider(Vexora).answer
		w.vexora.answer = accepted
		if second := w.another("R2"); second.Status != payout.Queued {
			t.Errorf("%s: the second one is %s", name, second.Status)
		}
	}
}

func TestAListOfSettledPayoutsGoes(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(20)
	if w.store.expire(w.clock.Now()); len(w.store.Lists) != 0 {
		t.Errorf("%v", w.store.Lists)
	}
}

// A queued payout waits for a person for weeks. It holds nobody meanwhile, and stays on its list,
// so that whoever has it sent is shown what went in its place.
func TestAQueuedPayoutStaysOnItsListWithAWindow(t *testing.T) {
	w := newWorldWith(t, func(p *payout.Policy) { p.DuplicateWindow = time.Hour })
	w.vexora.answer = w.says(payout.FoundNotSent)
	first := w.mustCreate(draft("R1"))
	w.vexora.answer = w.says(payout.FoundProcessing)
	w.vexora.told = w.says(payout.FoundSucceeded)
	weeks := func(days int) {
		for range days {
			w.pass(1)
			w.store.expire(w.clock.Now())
		}
	}
	weeks(15)
	second := w.another("R2")
	weeks(15)
	if got := w.stored(first.ID).Status; got != payout.Queued || w.stored(second.ID).Status != payout.Succeeded {
		t.Fatalf("the first one is %s, the second %s", got, w.stored(second.ID).Status)
	}
	_, err := w.operator.Resend(bg, w.order(first.ID, dara, ""))
	if now := w.stored(first.ID); err == nil || now.Status != payout.Queued || now.SimilarTo != second.ID {
		t.Errorf("%v: %s, similar to %q", err, now.Status, now.SimilarTo)
	}
}

func TestAttentionHoldsRedactionUpForNinetyDaysAndNoLonger(t *testing.T) {
	w := retaining(t)
	w.vexora.told = w.says(payout.FoundFailed)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(119)
	held := w.stored(p.ID)
	if !held.RedactedAt.IsZero() || len(held.Attention) == 0 {
		t.Fatalf("redacted at %v with attention %v", held.RedactedAt, held.Attention)
	}
	w.pass(2)
	gone := w.stored(p.ID)
	if gone.RedactedAt.IsZero() || gone.Beneficiary.FirstName != "redacted" || len(gone.Attention) != len(held.Attention) {
		t.Errorf("redacted at %v, %+v, attention %v", gone.RedactedAt, gone.Beneficiary, gone.Attention)
	}
	if !gone.DueAt.IsZero() {
		t.Errorf("due again at %v", gone.DueAt)
	}
}

func TestAReviewLetsRedactionGoOnWithinADay(t *testing.T) {
	w := retaining(t)
	w.vexora.told = w.says(payout.FoundFailed)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(40)
	w.reviewed(p.ID)
	w.pass(2)
	if stored := w.stored(p.ID); stored.RedactedAt.IsZero() {
		t.Errorf("attention %v, due %v", stored.Attention, stored.DueAt)
	}
}

// reviewed has two people look into a payout.
func (w *world) reviewed(id payout.ID) {
	w.t.Helper()
	for _, by := range []payout.Principal{dara, bopha} {
		o := w.order(id, by, "seen with Sophea Chan")
		o.As = payout.Reviewed
		w.must(w.operator.Resolve(context.Background(), o))
	}
}

func TestWithoutTheKeyRedactionWaits(t *testing.T) {
	w := retaining(t)
	w.vexora.told = w.says(payout.FoundSucceeded)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(29)
	w.keyFault = errors.New("not readable")
	w.clock.pass(2 * day)
	for shard := range payout.Shards {
		_, _ = w.sweeper.Sweep(context.Background(), shard)
	}
	if held := w.stored(p.ID); !held.RedactedAt.IsZero() || held.DueAt.IsZero() {
		t.Fatalf("redacted at %v, due %v", held.RedactedAt, held.DueAt)
	}
	w.keyFault = nil
	w.pass(1)
	if w.stored(p.ID).RedactedAt.IsZero() {
		t.Error("it was forgotten")
	}
}

// What a callback echoes is compared with what was sent. After redaction nobody knows that any
// more, so it is no difference.
func TestAnEchoedDescriptionSaysNothingAfterRedaction(t *testing.T) {
	w := retaining(t)
	d := draft("R1")
	d.Description = "Sophea's salary"
	p := w.redacted(d)
	if p.Description != "" {
		t.Fatalf("description %q", p.Description)
	}
	c := w.claim(p, payout.FoundSucceeded)
	c.Description = &d.Description
	if v := w.receive(c); v != payout.Repeated {
		t.Errorf("an honest repetition is %s", v)
	}
	if after := w.stored(p.ID); len(after.Attention) > 0 {
		t.Errorf("attention %v", after.Attention)
	}
}

// The key of a claim tells repetitions from new words. The part of it that an echoed
// description makes could be tried out, and goes.
func TestNothingOfAnEchoedDescriptionStaysInTheKeysOfClaims(t *testing.T) {
	keys := map[string]bool{}
	for _, description := range []string{"Sophea's salary", "Dara's salary"} {
		w := retaining(t)
		d := draft("R1")
		d.Description = description
		w.vexora.told = w.says(payout.FoundSucceeded)
		p := w.mustCreate(d)
		c := w.claim(p, payout.FoundSucceeded)
		c.Description = &d.Description
		w.receive(c)
		before := fmt.Sprint(claimKeys(w.stored(p.ID)))
		w.pass(32)
		after := fmt.Sprint(claimKeys(w.stored(p.ID)))
		if before == after {
			t.Errorf("redaction left the keys %s", after)
		}
		keys[after] = true
	}
	if len(keys) != 1 {
		t.Errorf("the descriptions still make a difference: %v", keys)
	}
}

// A code that is not kept could be tried out of the key as well.
func TestNothingOfACodeThatIsNotKeptStaysInTheKeysOfClaims(t *testing.T) {
	keys := map[string]bool{}
	for _, code := range []string{"7301986425", "7301986426", "Sophea Chan"} {
		w := retaining(t)
		w.vexora.told = w.says(payout.FoundSucceeded)
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundSucceeded))
		late := w.claim(p, payout.FoundFailed)
		late.Code = code
		w.receive(late)
		other := late
		other.Code += "0"
		if v := w.receive(other); v == payout.Repeated {
			t.Errorf("%s: another code is taken for a repetition", code)
		}
		w.reviewed(p.ID)
		w.pass(32)
		if w.stored(p.ID).RedactedAt.IsZero() {
			t.Fatal("it is not redacted")
		}
		keys[fmt.Sprint(claimKeys(w.stored(p.ID)))] = true
		late.At = w.clock.Now()
		if v := w.receive(late); v != payout.Repeated {
			t.Errorf("%s: its repetition after the redaction is %s", code, v)
		}
	}
	if len(keys) != 1 {
		t.Errorf("the codes still make a difference: %v", keys)
	}
}

func claimKeys(p payout.Payout) []string {
	var keys []string
	for _, e := range p.History {
		keys = append(keys, e.ClaimKey)
	}
	return keys
}

func TestARepetitionIsRecognisedAfterRedaction(t *testing.T) {
	w := retaining(t)
	d := draft("R1")
	d.Description = "salary"
	w.vexora.told = w.says(payout.FoundSucceeded)
	p := w.mustCreate(d)
	w.receive(w.claim(p, payout.FoundSucceeded))
	late := w.claim(p, payout.FoundFailed)
	late.Description = &d.Description
	w.receive(late)
	w.reviewed(p.ID)
	w.pass(32)
	entries := len(w.stored(p.ID).History)
	late.At = w.clock.Now()
	if v := w.receive(late); v != payout.Repeated || len(w.stored(p.ID).History) != entries {
		t.Errorf("it is %s, with %d entries more", v, len(w.stored(p.ID).History)-entries)
	}
}

// A word about a redacted payout keeps its hash. What no provider signed could be tried out,
// so the sweep seals it.
func TestWhatIsSaidOfARedactedPayoutKeepsItsHashOnly(t *testing.T) {
	w := retaining(t)
	p := w.redacted(draft("R1"))
	late := w.claim(p, payout.FoundFailed)
	late.Raw, late.Message = []byte(`{"name":"Sophea Chan"}`), "not to Sophea Chan"
	w.receive(late)
	w.vexora.told = func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundFailed, Code: "00029", Message: "Sophea Chan", Raw: []byte(`{"to":"Sophea"}`), At: w.clock.Now()}
	}
	w.sweep()
	w.pass(1)
	w.reviewed(p.ID)
	w.pass(2)
	after := w.stored(p.ID)
	if text := fmt.Sprintf("%+v", after); strings.Contains(text, "Sophea") || strings.Contains(text, "Chan") {
		t.Errorf("a name came back: %s", text)
	}
	if !slices.ContainsFunc(after.History, func(e payout.Entry) bool { return e.Evidence == payout.HashEvidence(late.Raw) }) {
		t.Error("the hash of the callback is not kept")
	}
	for _, e := range after.History {
		if e.Source != payout.FromCallback && e.Evidence != "" && !strings.HasPrefix(e.Evidence, "hmac-sha256:") {
			t.Errorf("the plain hash of what %s said is kept", e.Source)
		}
	}
	if !after.DueAt.IsZero() || after.Proposal != (payout.Proposal{}) {
		t.Errorf("due at %v, proposal %+v", after.DueAt, after.Proposal)
	}
}

// An order waits a day for its second person, whatever is redacted meanwhile.
func TestAnOrderForTwoOutlivesARedaction(t *testing.T) {
	w := retaining(t)
	p := w.redacted(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed)) // a contradiction
	w.pass(2)
	first := w.order(p.ID, dara, "seen")
	first.As = payout.Reviewed
	w.must(w.operator.Resolve(context.Background(), first))
	w.clock.pass(time.Hour)
	w.sweep()
	second := w.order(p.ID, bopha, "seen")
	second.As = payout.Reviewed
	ordered := w.must(w.operator.Resolve(context.Background(), second))
	if ordered.Awaiting || len(ordered.Payout.Attention) > 0 {
		t.Errorf("awaiting %v, attention %v", ordered.Awaiting, ordered.Payout.Attention)
	}
}

func TestAnOrphansTextsGoAfterTheRetention(t *testing.T) {
	w := retaining(t)
	c := w.claim(payout.Payout{ID: payout.DeriveID("test", "other"), Attempt: 1, Provider: Vexora}, payout.FoundSucceeded)
	c.Reference, c.Code, c.Message, c.Raw = "by hand", "SOPHEA", "to Sophea", []byte(`{"name":"Sophea"}`)
	w.receive(c)
	redact := func() payout.Orphaned {
		if err := w.sweeper.RedactOrphans(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, o := range w.store.Orphans {
			return o.Orphaned
		}
		return payout.Orphaned{}
	}
	w.clock.pass(29 * day)
	if o := redact(); len(o.Raw) == 0 || o.Code != "unreadable" {
		t.Errorf("it went too early, or its code %s holds a name", o.Code)
	}
	w.clock.pass(2 * day)
	if o := redact(); len(o.Raw) > 0 || o.Message != "" || o.RedactedAt.IsZero() || o.Evidence != payout.HashEvidence(c.Raw) {
		t.Errorf("%+v", o)
	}
}

func TestAStackKeyHasThirtyTwoCharactersAndPrintsAsAMask(t *testing.T) {
	for text, ok := range map[string]bool{
		"": false, strings.Repeat("k", 31): false, strings.Repeat("k", 32): true, strings.Repeat("ក", 31): false,
		strings.Repeat("k", 31) + "\n": false, strings.Repeat(" ", 40): false,
	} {
		key, err := payout.NewStackKey(text)
		if (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
		if shown := fmt.Sprintf("%v %+v %#v %s %q %x", key, key, key, key, key, struct{ K payout.StackKey }{key}); ok && strings.Contains(shown, text) {
			t.Errorf("it shows: %s", shown)
		}
	}
	if _, err := (payout.StackKey{}).Current(context.Background()); err == nil {
		t.Error("no key is a key")
	}
}

func TestASecondRedactionTakesOutOnlyWhatCameSince(t *testing.T) {
	w := retaining(t)
	d := draft("R1")
	d.Destination.AccountNumber = "1234567" // too short to show four digits of it
	p := w.redacted(d)
	w.receive(w.claim(p, payout.FoundFailed))
	w.pass(2)
	w.reviewed(p.ID)
	w.pass(2)
	after := w.stored(p.ID)
	if after.Destination != p.Destination || after.Beneficiary != p.Beneficiary || !after.RedactedAt.Equal(p.RedactedAt) {
		t.Errorf("%+v, redacted at %v, was %+v at %v", after.Destination, after.RedactedAt, p.Destination, p.RedactedAt)
	}
	if last := after.History[len(after.History)-1]; last.Source != payout.FromOperator || !strings.HasPrefix(last.Evidence, "hmac-sha256:") {
		t.Errorf("%+v", last)
	}
}

// At the bound the data goes, and the status queries about a word of the last day go on.
func TestTheBoundCutsNoQuestionsShort(t *testing.T) {
	w := retaining(t)
	w.vexora.told = w.says(payout.FoundFailed)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(119)
	w.vexora.told = w.says(payout.FoundProcessing)
	w.clock.pass(day - 10*time.Minute)
	late := w.claim(p, payout.FoundFailed)
	late.Code = "another"
	w.receive(late)
	asked := w.vexora.asked
	for range 12 {
		w.clock.pass(5 * time.Minute)
		w.sweep()
	}
	if w.stored(p.ID).RedactedAt.IsZero() {
		t.Error("not redacted")
	}
	if w.pass(10); w.vexora.asked-asked < 8 {
		t.Errorf("asked %d times", w.vexora.asked-asked)
	}
}

// operating.md tells people how to compute a sealed hash by hand.
func TestASealedHashIsTheHMACOfTheHash(t *testing.T) {
	w := retaining(t)
	w.vexora.told = w.says(payout.FoundSucceeded)
	w.vexora.answer = func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundProcessing, Code: "0015", Raw: []byte("what was answered"), At: w.clock.Now()}
	}
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.pass(32)
	mac := hmac.New(sha256.New, []byte("a key of hashes over personal data, for tests"))
	fmt.Fprintf(mac, "%x", sha256.Sum256([]byte("what was answered")))
	want := fmt.Sprintf("hmac-sha256:%x", mac.Sum(nil))
	if got := w.stored(p.ID).History[1].Evidence; got != want {
		t.Errorf("sealed as %s, by hand it is %s", got, want)
	}
}
