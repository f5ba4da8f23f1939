package payout_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// everyEvent is a payout whose history has every event, two at one entry among them.
func everyEvent(t *testing.T) payout.Payout {
	t.Helper()
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 16, 8, 0, 0, 123_456_789, time.UTC)
	p := payout.Payout{ID: payout.DeriveID("golden", "R-1"), Reference: "R-1", Provider: Monetix, Amount: amount, Status: payout.Succeeded}
	for _, e := range []payout.Entry{
		{Source: payout.FromCreate, Status: payout.Submitting},
		{Source: payout.FromAnswer, Status: payout.Unknown, Finding: payout.FoundUnclear},
		{Source: payout.FromSweep, Status: payout.Unknown, Raised: []payout.Reason{payout.UnknownTooLong}},
		{Source: payout.FromQuery, Status: payout.Failed, Finding: payout.FoundFailed, ProviderCode: "20000", Confirmed: true, Cleared: []payout.Reason{payout.UnknownTooLong}},
		{Source: payout.FromOperator, Status: payout.Queued},
		{Source: payout.FromOperator, Status: payout.Cancelled},
		{Source: payout.FromAnswer, Status: payout.Processing, Finding: payout.FoundProcessing},
		{Source: payout.FromCallback, Status: payout.Succeeded, Finding: payout.FoundSucceeded},
		{Source: payout.FromCallback, Status: payout.Succeeded, Finding: payout.FoundReturned, Raised: []payout.Reason{payout.Contradiction, payout.Returned}},
	} {
		e.At = at
		at = at.Add(time.Minute)
		p.History = append(p.History, e)
	}
	return p
}

// Merchants know events by their ids, and by their numbers within a payout: both stay in every
// later version what they were. Whoever changes the golden file breaks what was promised.
func TestAnEventKeepsItsNameAndItsNumber(t *testing.T) {
	raw, err := os.ReadFile("testdata/event_ids.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	type named struct {
		Sequence int              `json:"sequence"`
		Type     payout.EventType `json:"type"`
		ID       payout.EventID   `json:"id"`
	}
	var want, got []named
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	types := map[payout.EventType]bool{}
	for _, e := range everyEvent(t).Events() {
		got = append(got, named{e.Sequence, e.Type, e.ID})
		types[e.Type] = true
	}
	shown := func(all []named) string {
		encoded, _ := json.Marshal(all)
		return strings.ReplaceAll(string(encoded), "},{", "},\n{")
	}
	if shown(got) != shown(want) {
		t.Errorf("the events are\n%s\nand were\n%s", shown(got), shown(want))
	}
	if len(types) != 11 {
		t.Errorf("%d types of events are in the golden file", len(types))
	}
}

// A later version may say more of an event, or say it better; its name stays.
func TestANewMemberGivesAnOldEventNoNewName(t *testing.T) {
	p := everyEvent(t)
	before := p.Events()
	for i := range p.History {
		p.History[i].ProviderCode = "more"
	}
	after := p.Events()
	for i := range before {
		if after[i].ID != before[i].ID || after[i].Data.ProviderCode == before[i].Data.ProviderCode {
			t.Errorf("%s is %s, and was %s", after[i].Type, after[i].ID, before[i].ID)
		}
	}
}

// What differs in its payout, time, place or reasons is another event.
func TestAnotherEventHasAnotherName(t *testing.T) {
	names, count := map[payout.EventID]bool{}, 0
	tell := func(change func(*payout.Payout)) {
		p := everyEvent(t)
		change(&p)
		e := p.Events()
		names[e[len(e)-1].ID] = true
		count++
	}
	last := func(p *payout.Payout) *payout.Entry { return &p.History[len(p.History)-1] }
	tell(func(*payout.Payout) {})
	tell(func(p *payout.Payout) { last(p).At = last(p).At.Add(time.Millisecond) })
	tell(func(p *payout.Payout) { last(p).Raised = last(p).Raised[:1] })
	tell(func(p *payout.Payout) { p.History = append(p.History[:4:4], p.History[5:]...) })
	tell(func(p *payout.Payout) { p.ID = payout.DeriveID("golden", "R-2") })
	if len(names) != count {
		t.Errorf("%d events have %d names", count, len(names))
	}
}
