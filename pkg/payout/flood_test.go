package payout_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// scale weighs items as the table does.
type scale struct {
	dynamo.API
	bytes int
}

func (s *scale) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	s.bytes = dynamo.ItemSize(in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

func weigh(t *testing.T, p payout.Payout) int {
	t.Helper()
	s := &scale{}
	if err := dynamo.New(s, "t").Insert(bg, p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	return s.bytes
}

// bounds checks what an item may never exceed, and returns its size.
func bounds(t *testing.T, p payout.Payout) int {
	t.Helper()
	bodies := 0
	for n, e := range p.History {
		bodies += len(e.Raw)
		if len(e.Raw) > payout.BodyLimit {
			t.Errorf("entry %d keeps %d bytes", n+1, len(e.Raw))
		}
	}
	size := weigh(t, p)
	if size > payout.ItemLimit || bodies > payout.BodiesLimit || len(p.History) > payout.HistoryLimit {
		t.Errorf("%s: %d bytes, %d of bodies, %d entries, %d facts", p.Status, size, bodies, len(p.History), len(p.Heard))
	}
	return size
}

// largest is a draft of which every field is as long as it may be.
func largest(reference string) payout.Draft {
	wide := strings.Repeat("\U0001F4B8", 100)
	d := draftFor(Monetix)
	d.Reference = payout.Reference(reference)
	d.Destination.Branch, d.Destination.City, d.Destination.Province = wide, wide, wide
	d.Beneficiary.FirstName, d.Beneficiary.LastName = wide, wide
	d.Beneficiary.Email = "a@" + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60) + ".example"
	d.Beneficiary.ID, d.Description = strings.Repeat("c", 100), strings.Repeat("d", 128)
	d.Metadata = map[string]string{"k": strings.Repeat("v", 1000)}
	return d
}

// hostility is a provider that says ever new things, with a right signature.
type hostility struct {
	w      *world
	random *rand.Rand
	n      int
}

// text is ever new, and nothing that should reach a terminal.
func (h *hostility) text() string {
	h.n++
	return fmt.Sprint(h.n, "\x1b]0;x\x07\u202e\u0085", strings.Repeat("x", h.random.IntN(200)))
}

// body does not compress well.
func (h *hostility) body(limit int) []byte {
	body := make([]byte, h.random.IntN(limit))
	for i := range body {
		body[i] = byte(33 + h.random.IntN(90))
	}
	return body
}

func (h *hostility) claim(p payout.Payout) payout.Claim {
	findings := []payout.Finding{payout.FoundProcessing, payout.FoundUnlisted, payout.FoundUnlisted, payout.FoundFailed, payout.FoundSucceeded, payout.FoundReturned}
	c := h.w.claim(p, findings[h.random.IntN(len(findings))])
	c.ProviderID, c.Code, c.Message, c.Raw = h.text(), h.text(), h.text(), h.body(12_000)
	c.Padded = h.random.IntN(4) == 0
	switch h.random.IntN(8) {
	case 0:
		c.Suspect = "the claim states no amount"
	case 1:
		c.Provider = Vexora
	case 2:
		text := h.text()
		c.Description = &text
	case 3:
		c.Reference = string(p.ID.ProviderReference(payout.Attempt(1 + h.random.IntN(99))))
	case 4:
		c.Reference = h.text()
	default: // ends are for later
		sum, err := money.New(1+h.random.Int64N(1e12), money.KHR)
		if err != nil {
			h.w.t.Fatal(err)
		}
		c.Amounts = []money.Amount{sum}
	}
	if c.Suspect == "" && c.Provider == p.Provider && c.Reference == string(p.ProviderReference()) && c.Amounts[0] == p.Amount {
		c.Finding = payout.FoundUnlisted
	}
	return c
}

// answer is what the hostile provider answers to everything.
func (h *hostility) answer(p payout.Payout) payout.Claim {
	c := h.claim(p)
	c.Finding = []payout.Finding{payout.FoundUnlisted, payout.FoundUnclear, payout.FoundProcessing, payout.FoundAbsent}[h.random.IntN(4)]
	return c
}

// day floods one payout for a day: callbacks, answers, people who look into it.
func (h *hostility) day(id payout.ID) int {
	w, most := h.w, 0
	w.monetix.told = h.answer
	for n := range 600 {
		p := w.stored(id)
		w.receive(h.claim(p))
		if n%20 == 0 {
			w.clock.pass(29 * time.Minute)
			w.sweep()
		}
		if n%75 == 0 {
			for _, by := range []payout.Principal{dara, bopha} {
				order := w.order(id, by, payout.Reviewed)
				order.Reason, order.Evidence = strings.Repeat("\u202eស", 80), fmt.Sprint(n, strings.Repeat("e", 4000))
				_, _ = w.operator.Resolve(bg, order)
			}
			order := w.order(id, dara, "")
			order.Reason, order.Event = strings.Repeat("r", 500), 1
			_, _ = w.operator.ResendEvent(bg, order)
		}
		if n%60 == 0 || n < 40 && n%3 == 0 || n > 590 {
			most = max(most, bounds(w.t, w.stored(id)))
		}
	}
	return most
}

// TestADayOfHostilePostsLeavesAnItemWithinItsBounds floods payouts in every state with
// claims whose signature is right, and ends them.
func TestADayOfHostilePostsLeavesAnItemWithinItsBounds(t *testing.T) {
	t.Parallel()
	plain := func(reference string) payout.Draft {
		d := draftFor(Monetix)
		d.Reference = payout.Reference(reference)
		return d
	}
	most := 0
	for name, begin := range floodedStates(t, largest) {
		t.Run("the longest draft, "+name, func(t *testing.T) { most = max(most, flooded(t, name, begin)) })
	}
	for name, begin := range floodedStates(t, plain) {
		if racing {
			break // the longest drafts are enough
		}
		t.Run("a plain draft, "+name, func(t *testing.T) { most = max(most, flooded(t, name, begin)) })
	}
	t.Logf("the largest item of all: %d bytes of %d", most, payout.ItemLimit)
}

// floodedStates are the ways to come to every state.
func floodedStates(t *testing.T, draft func(string) payout.Draft) map[string]func(w *world) payout.Payout {
	return map[string]func(w *world) payout.Payout{
		"processing": func(w *world) payout.Payout { return w.mustCreate(draft("R1")) },
		"unknown": func(w *world) payout.Payout {
			w.monetix.answer = w.unclear
			return w.mustCreate(draft("R1"))
		},
		"queued": func(w *world) payout.Payout {
			w.over(payout.Floor{Held: held(Monetix)})
			return w.mustCreate(draft("R1"))
		},
		"submitting": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			p.Status = payout.Submitting
			w.store.Payouts[p.ID] = p
			return p
		},
		"succeeded": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundSucceeded))
			return w.stored(p.ID)
		},
		"failed": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			return w.stored(p.ID)
		},
		"cancelled": func(w *world) payout.Payout {
			w.over(payout.Floor{Held: held(Monetix)})
			p := w.mustCreate(draft("R1"))
			return w.must(w.operator.Cancel(bg, w.order(p.ID, dara, ""))).Payout
		},
		"a second attempt": func(w *world) payout.Payout {
			p := w.mustCreate(draft("R1"))
			w.receive(w.claim(p, payout.FoundFailed))
			w.resendByTwo(p.ID)
			return w.stored(p.ID)
		},
		"orphan": func(w *world) payout.Payout {
			p := payout.Payout{ID: payout.DeriveID("test", "R1"), Provider: Monetix, Attempt: 1, Amount: amount(t, "1", money.KHR)}
			w.receive(w.claim(p, payout.FoundSucceeded))
			return w.stored(p.ID)
		},
	}
}

// flooded has one payout flooded for a day and then ended, and returns its largest size.
func flooded(t *testing.T, name string, begin func(w *world) payout.Payout) int {
	t.Helper()
	w := newWorld(t)
	p := begin(w)
	h := &hostility{w: w, random: rand.New(rand.NewPCG(uint64(len(name)), 7))}
	most := h.day(p.ID)
	most = max(most, h.end(w.stored(p.ID)))
	after := w.stored(p.ID)
	t.Logf("the largest item: %d bytes, with %d entries, %d counted, facts %v", most, len(after.History), after.HistoryDropped, after.Heard)
	for _, o := range w.store.Orphans {
		if len(o.Raw) > payout.BodyLimit || len(o.Reference) > 128 || len(o.ProviderID) > 128 || len(o.Code) > 64 {
			t.Fatalf("an orphan of %d bytes: %q %q %q", len(o.Raw), o.Reference, o.ProviderID, o.Code)
		}
	}
	return most
}

// end sends the genuine end after the flood, twice, and returns the size of the item.
func (h *hostility) end(p payout.Payout) int {
	w, t := h.w, h.w.t
	genuine := w.claim(p, payout.FoundSucceeded)
	genuine.ProviderID, genuine.Raw = p.ProviderID, h.body(payout.BodyLimit)
	v := w.receive(genuine)
	after := w.stored(p.ID)
	last := after.History[len(after.History)-1]
	if !p.Status.Final() && (v != payout.Applied || after.Status != payout.Succeeded || last.Status != payout.Succeeded || last.Finding != payout.FoundSucceeded) {
		t.Errorf("the end is %s: the payout is %s, its last entry %+v", v, after.Status, last)
	}
	if !p.Status.Final() && len(last.Raw) == 0 {
		t.Error("the body of the end found no room")
	}
	size := bounds(t, after)
	for range 200 {
		w.receive(genuine)
	}
	again := w.stored(p.ID)
	if len(again.History) != len(after.History) || len(again.Heard) != len(after.Heard) || len(again.Attention) != len(after.Attention) {
		t.Errorf("repetitions were written: %d entries, then %d; %v, then %v", len(after.History), len(again.History), after.Attention, again.Attention)
	}
	return max(size, bounds(t, again))
}
