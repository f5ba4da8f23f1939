package payout_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

func noise(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[rand.IntN(len(alphabet))])
	}
	return b.String()
}

// Two people's file plants a return on a payout that the provider itself, asked in
// between, called paid.
func TestAFilePlantsNoReturnAgainstTheProvidersAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundSucceeded))
	w.vexora.told = func(payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundSucceeded, Code: "0000", At: w.clock.Now()}
	}
	s := file(Vexora, row(2, w.stored(p.ID), payout.FoundReturned))
	w.importBy(s, dara)
	asked := w.vexora.asked
	w.clock.pass(time.Minute)
	w.sweep()
	if w.vexora.asked == asked {
		t.Fatal("not asked")
	}
	answered := w.stored(p.ID).AnsweredAt
	w.clock.pass(time.Minute)
	r := w.importBy(s, bopha)
	got := w.stored(p.ID)
	var types []payout.EventType
	for _, e := range got.Events() {
		types = append(types, e.Type)
	}
	t.Log(r.Counts, r.Awaiting, "answered", answered, got.Attention, types)
	if got.Return != nil {
		t.Errorf("a file planted a return (%v), event %v, although the provider's own answer at %s says paid; next action: %s",
			got.Return, types[len(types)-2:], answered.Format(time.TimeOnly), got.NextAction(payout.Returned))
	}
}

// One agreed line, repeated, outvotes the lines that differ.
func TestARepeatedLineDoesNotOutvoteWhatDiffers(t *testing.T) {
	w := newWorld(t)
	var rows []payout.StatementRow
	good := w.mustCreate(draft("good"))
	w.receive(w.claim(good, payout.FoundSucceeded))
	for n := range 20 {
		d := draft(fmt.Sprint("R", n))
		d.Destination.AccountNumber += fmt.Sprint(n)
		p := w.mustCreate(d)
		r := row(n+2, p, payout.FoundSucceeded)
		r.Amount = amount(t, fmt.Sprint(7000+n), money.KHR)
		rows = append(rows, r)
	}
	s := file(Vexora, rows...)
	s.By, s.Identities = dara, []payout.Principal{dara}
	if _, err := w.importer.Import(bg, s); err == nil {
		t.Fatal("20 of 20 amounts differ, and the file is taken")
	}
	for n := range 1001 {
		rows = append(rows, row(100+n, w.stored(good.ID), payout.FoundSucceeded))
	}
	s.Rows, s.Hash = rows, "h2"
	if r, err := w.importer.Import(bg, s); err == nil {
		t.Errorf("the same 20 wrong amounts of 21 payouts pass, because one right line stands there 1001 times: %v", r.Counts)
	}
}

// A file gives a payout another provider number than the provider's own.
func TestAFileReplacesNoNumberOfTheProvider(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1")) // processing, with the provider's number
	before := w.stored(p.ID).ProviderID
	w.vexora.told = w.unclear
	r := row(2, p, payout.FoundSucceeded)
	r.ProviderID = "X" + noise(3000)
	r.Code = "0000\x1b[2J\x1b]0;owned\a" + noise(200_000)
	s := file(Vexora, r)
	s.Hash = "h2"
	apply := func(s statement.File) (statement.Report, payout.Payout) {
		w.importBy(s, dara)
		w.clock.pass(time.Minute)
		w.sweep()
		w.clock.pass(time.Minute)
		report := w.importBy(s, bopha)
		return report, w.stored(p.ID)
	}
	report, got := apply(s)
	if got.Status != payout.Processing || !w.raised(p.ID, payout.CallbackMismatch) {
		t.Fatalf("%s by another number, attention %v", got.Status, got.Attention.Reasons())
	}
	r.ProviderID = ""
	w.clock.pass(5 * time.Minute) // files ask about one payout so often, and no more
	_, got = apply(file(Vexora, r))
	if got.Status != payout.Succeeded {
		t.Fatal("not closed")
	}
	if got.ProviderID != before {
		t.Errorf("provider_id %q became %.20q… (%d bytes) by a file", before, got.ProviderID, len(got.ProviderID))
	}
	for _, e := range got.Events() {
		if len(e.Data.ProviderCode) > 160 || strings.ContainsAny(e.Data.ProviderCode, "\x1b\a") {
			t.Errorf("event %s carries a provider_code of %d bytes, %.20q", e.Type, len(e.Data.ProviderCode), e.Data.ProviderCode)
		}
	}
	for _, l := range report.Lines {
		t.Logf("what the two people saw: provider_id %d bytes, code %d bytes", len(l.ProviderID), len(l.TheirWord))
	}
}

// One registered person alone fills history and item with proposals; what is
// proposed afterwards cannot be read by the second person.
func TestOnePersonDoesNotFillTheHistoryWithProposals(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	for n := range 60 {
		o := w.order(p.ID, dara, payout.ResolvedFailed)
		o.Reason, o.Evidence = noise(500), fmt.Sprint(n)+noise(4000)
		if _, err := w.operator.Resolve(bg, o); err != nil {
			break
		}
	}
	got, kept := w.stored(p.ID), 0
	for _, e := range got.History {
		kept += len(e.Raw)
	}
	if len(got.History) > payout.HistoryLimit/2 {
		t.Errorf("%d entries with %d bytes by one person", len(got.History), kept)
	}
	o := w.order(p.ID, bopha, payout.ResolvedSucceeded)
	o.Evidence = "the letter of the bank"
	w.must(w.operator.Resolve(bg, o))
	got = w.stored(p.ID)
	last := got.History[len(got.History)-1]
	if got.Proposal.Evidence == payout.HashEvidence([]byte(o.Evidence)) && !strings.Contains(string(last.Raw), o.Evidence) {
		t.Errorf("Bopha's proposal stands, and its text is nowhere: entry %d is by %s", len(got.History), last.By)
	}
}

// One person's file, sent again and again, keeps the status queries after an end from ever
// being used up, so that nobody is called.
func TestOnePersonCannotKeepAContradictionFromBeingRaised(t *testing.T) {
	for _, insider := range []bool{false, true} {
		w := newWorld(t)
		w.vexora.told = w.says(payout.FoundProcessing) // the truth: it was never paid
		p := w.mustCreate(draft("R1"))
		w.receive(w.claim(p, payout.FoundSucceeded)) // by a leaked key
		s := file(Vexora, row(2, w.stored(p.ID), payout.FoundProcessing))
		for n := range 48 * 6 { // two days
			if insider && n%3 == 0 {
				w.importBy(s, dara)
			}
			w.clock.pass(10 * time.Minute)
			w.sweep()
		}
		got := w.stored(p.ID)
		t.Log("insider", insider, got.Status, got.Attention, got.Polls, w.vexora.asked)
		if _, raised := got.Attention[payout.Contradiction]; !raised {
			t.Errorf("insider %v: after two days in which the provider said \"processing\" %d times, contradiction raised: %v", insider, w.vexora.asked, raised)
		}
	}
}

// Whoever has one genuine callback (the evidence route gives it with its signature)
// makes a certain failure unsafe for ever by sending the same bytes again.
func TestTheSameBytesAgainDoNotTakeSafetyAwayForEver(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	genuine := w.claim(p, payout.FoundProcessing)
	w.receive(genuine)
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	for range 10 {
		w.clock.pass(10 * time.Minute)
		w.sweep()
	}
	if !w.stored(p.ID).SafeToPayAgain() {
		t.Fatalf("%v", w.stored(p.ID).Heard)
	}
	for range 12 {
		replay := genuine
		replay.At = w.clock.Now()
		v := w.receive(replay)
		t.Log(v)
		for range 3 {
			w.clock.pass(10 * time.Minute)
			w.sweep()
		}
	}
	w.vexora.told = w.says(payout.FoundFailed)
	for range 100 {
		w.clock.pass(6 * time.Hour)
		w.sweep()
	}
	if got := w.stored(p.ID); !got.SafeToPayAgain() {
		t.Errorf("the provider says failed all the time, and the payout is unsafe for ever: %v, %d entries", got.Heard, len(got.History))
	}
}

// registered puts other people into the register until the test ends.
func registered(t *testing.T, now people) {
	t.Helper()
	was := maps.Clone(register)
	t.Cleanup(func() {
		clear(register)
		maps.Copy(register, was)
	})
	clear(register)
	maps.Copy(register, now)
}

// A role goes from one person to another between the two orders.
func TestARoleThatChangedHandsIsNoSecondPerson(t *testing.T) {
	const office = payout.Principal("arn:aws:iam::111122223333:role/finance")
	for name, after := range map[string]people{
		"handed to Bopha":         {dara: "Dara", office: "Bopha", bopha: "Bopha"},
		"handed to somebody new":  {dara: "Dara", office: "Nary", sokha: "Sokha"},
		"Dara is only respelt":    {dara: "Dara Sok", office: "Dara Sok", bopha: "Bopha"},
		"Dara has left, the rest": {bopha: "Bopha", office: "Bopha", dara: "Nary"},
	} {
		t.Run(name, func(t *testing.T) {
			registered(t, people{dara: "Dara", office: "Dara", bopha: "Bopha"})
			w := newWorld(t)
			w.vexora.answer = w.unclear
			p := w.mustCreate(draft("R1"))
			w.must(w.operator.Resolve(bg, w.order(p.ID, office, payout.ResolvedFailed)))
			registered(t, after)
			if done := w.must(w.operator.Resolve(bg, w.order(p.ID, dara, payout.ResolvedFailed))); !done.Awaiting {
				t.Errorf("Dara ordered it twice, and it is done: %q", done.Payout.History[len(done.Payout.History)-1].Message)
			}
		})
	}
}

// Two members of a create request have no limit.
func TestEveryTextOfABeneficiaryIsBounded(t *testing.T) {
	for name, spoil := range map[string]func(*payout.Draft){
		"zone of an IP address": func(d *payout.Draft) { d.Beneficiary.IPAddress = "fe80::1%" + noise(50_000) },
		"text in an IP address": func(d *payout.Draft) { d.Beneficiary.IPAddress = "fe80::1%x;payment:amount:1\x1b[2J\n" },
		"dashes in a phone":     func(d *payout.Draft) { d.Beneficiary.Phone = "+855" + strings.Repeat("- ", 25_000) + "12345678" },
		"bidi in an e-mail":     func(d *payout.Draft) { d.Beneficiary.Email = "a\u202ebc@example.com" },
	} {
		w := newWorld(t)
		created, err := w.create(func() payout.Draft { d := draft("R1"); spoil(&d); return d }())
		if err == nil {
			b := w.stored(created.Payout.ID).Beneficiary
			t.Errorf("%s: taken, sent to the provider and stored: ip %d bytes %.40q, phone %d bytes, mail %q", name, len(b.IPAddress), b.IPAddress, len(b.Phone), b.Email)
		}
	}
}

// One person's file, sent again after each answer, does the same; the guide says
// "not safe until the answer".
func TestOnePersonsFileDoesNotTakeSafetyAwayForEver(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	w.vexora.told = w.says(payout.FoundFailed)
	answers := func() {
		for range 10 {
			w.clock.pass(10 * time.Minute)
			w.sweep()
		}
	}
	answers()
	if !w.stored(p.ID).SafeToPayAgain() {
		t.Fatalf("%v", w.stored(p.ID).Heard)
	}
	s := file(Vexora, row(2, w.stored(p.ID), payout.FoundProcessing))
	for n := range 9 {
		w.importBy(s, dara)
		answers()
		t.Log(n, w.stored(p.ID).SafeToPayAgain())
	}
	for range 10 {
		answers()
	}
	if got := w.stored(p.ID); !got.SafeToPayAgain() {
		t.Errorf("the provider answered \"failed\" to every question, and one person's file has made the payout unsafe for ever: %v", got.Heard)
	}
}

// What a person writes must not turn the line around that the other one reads, nor look like
// another line.
func TestAReasonThatTurnsTheHistoryAroundIsRefused(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear
	p := w.mustCreate(draft("R1"))
	for _, text := range []string{"ok\nevidence: paid", "\u202edeliaf sa", "one\u2028two", "\x1b[2J clear", "\ufeffmark"} {
		o := w.order(p.ID, dara, payout.ResolvedFailed)
		o.Reason = text
		if _, err := w.operator.Resolve(bg, o); err == nil {
			t.Errorf("reason %q was taken", text)
		}
		o = w.order(p.ID, dara, payout.ResolvedFailed)
		o.Evidence = strings.ReplaceAll(text, "\n", "\x00")
		if _, err := w.operator.Resolve(bg, o); err == nil {
			t.Errorf("evidence %q was taken", o.Evidence)
		}
	}
	o := w.order(p.ID, dara, payout.ResolvedFailed)
	o.Reason, o.Evidence = "ពិនិត្យ\u200bរួច", "line one\nline two\tof the statement"
	w.must(w.operator.Resolve(bg, o))
}

// What a check of five weeks reads is bounded only by what is "missing". Payouts that no
// statement is expected to hold (failed, cancelled, queued; at a real store also those of the other
// provider) were read without end, by anybody who may call the route.
func TestACheckDoesNotReadFiveWeeksOfFailedPayouts(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	w.receive(w.claim(p, payout.FoundFailed))
	e := &endless{Store: w.store, perDay: 4000, sample: w.stored(p.ID)}
	i := statement.NewImporter(e, payout.NewStatements(payout.NewReceiver(e, w.signals, payout.Policy{}), register, w.clock.Now), w.clock.Now)
	s := statement.File{
		Provider: Vexora, Hash: "x", From: "2026-04-12", To: "2026-05-16", Check: true,
		Rows: []payout.StatementRow{{Line: 2, Reference: "x", Finding: payout.FoundSucceeded, Amount: amount(t, "1", money.KHR)}},
		By:   stranger, Identities: []payout.Principal{stranger},
	}
	_, err := i.Import(bg, s)
	if e.reads > 10_100 {
		t.Errorf("a stranger's one-line check read %d payouts (limit of the function: 28 s, two at a time): %v", e.reads, err)
	}
}

// Dara sends it by a role that then goes to somebody else, and again by his own.
func TestAFileSentTwiceByOnePersonAcrossAHandoverEndsNothing(t *testing.T) {
	const office = payout.Principal("arn:aws:iam::111122223333:role/finance")
	w := newWorld(t)
	w.vexora.answer, w.vexora.told = w.unclear, w.unclear
	p := w.mustCreate(draft("R1"))
	book := people{dara: "Dara", office: "Dara", bopha: "Bopha"}
	i := statement.NewImporter(w.store, payout.NewStatements(w.receiver, book, w.clock.Now), w.clock.Now)
	s := file(Vexora, row(2, p, payout.FoundSucceeded))
	s.By, s.Identities = office, []payout.Principal{office}
	if _, err := i.Import(bg, s); err != nil {
		t.Fatal(err)
	}
	book[office] = "Bopha"
	w.clock.pass(time.Minute)
	w.sweep()
	s.By, s.Identities = dara, []payout.Principal{dara}
	r, err := i.Import(bg, s)
	if got := w.stored(p.ID); got.Status.Final() {
		t.Errorf("Dara sent it twice, and the payout is %s: people %v, %v, %q", got.Status, r.Persons, err, got.History[len(got.History)-1].Message)
	}
}

// One person's file puts its whole line into the item of an open payout.
func TestOnePersonsLineIsNotKeptWhole(t *testing.T) {
	w := newWorld(t)
	p := w.mustCreate(draft("R1"))
	var rows []payout.StatementRow
	for a := 2; a <= 4; a++ {
		r := row(a, p, payout.FoundProcessing)
		r.Reference = string(p.ID.ProviderReference(payout.Attempt(a)))
		r.Raw = []byte(noise(300_000))
		rows = append(rows, r)
	}
	r := w.importBy(file(Vexora, rows...), dara)
	got, kept := w.stored(p.ID), 0
	for _, e := range got.History {
		kept += len(e.Raw)
	}
	t.Log(r.Counts, r.Awaiting, len(got.History))
	if kept > 24<<10 {
		t.Errorf("the item of a %s payout holds %d bytes of one person's file", got.Status, kept)
	}
}
