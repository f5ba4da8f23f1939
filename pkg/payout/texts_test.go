package payout_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// hostile is a text that moves a cursor, turns the direction of what follows, hides and
// goes on for ever. Two of different names are different texts.
func hostile(name string) string {
	return name + "\x1b]0;owned\x07\r\n\x00\u202e\u2066\u200b\u200f\ufeff\u0085\u2028\xff" + strings.Repeat("A", 390_000) + name
}

// texts calls a function for every text in a value, by its place. Bodies are bytes, and
// metadata is the merchant's own.
func texts(place string, v reflect.Value, found func(place, text string)) {
	switch v.Kind() {
	case reflect.String:
		found(place, v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(place, v.Elem(), found)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts(place+"."+v.Type().Field(i).Name, v.Field(i), found)
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			texts(fmt.Sprintf("%s[%d]", place, i), v.Index(i), found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(fmt.Sprintf("%s[%v]", place, key), v.MapIndex(key), found)
		}
	}
}

// harmless checks every text in a value.
func harmless(t *testing.T, road string, value any) {
	t.Helper()
	texts("", reflect.ValueOf(value), func(place, text string) {
		bad := func(r rune) bool { return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) }
		if strings.ContainsFunc(text, bad) || !utf8.ValidString(text) || len(text) > 256 {
			t.Errorf("%s: %s has %d bytes: %.60q", road, place, len(text), text)
		}
	})
}

// TestTextsFromOutsideAreHarmlessOnEveryRoad puts them where a provider, a file or a person
// writes, and looks at all that goes out.
func TestTextsFromOutsideAreHarmlessOnEveryRoad(t *testing.T) {
	t.Parallel()
	dressed := func(w *world, f payout.Finding) func(payout.Payout) payout.Claim {
		return func(payout.Payout) payout.Claim {
			return payout.Claim{
				Finding: f, ProviderID: hostile("id"), Code: hostile("code"), Message: hostile("message"),
				Failure: payout.FailureRefused, Conclusive: true, At: w.clock.Now(),
			}
		}
	}
	callback := func(f payout.Finding, change func(*payout.Claim)) func(*world) {
		return func(w *world) {
			p := w.mustCreate(draft("R1"))
			c := w.claim(p, f)
			c.ProviderID, c.Code, c.Message = hostile("id"), hostile("code"), hostile("message")
			change(&c)
			w.receive(c)
		}
	}
	as := func(*payout.Claim) {}
	ask := func(f payout.Finding) func(*world) {
		return func(w *world) {
			w.mustCreate(draft("R1"))
			w.vexora.told = dressed(w, f)
			w.clock.pass(10 * time.Minute)
			w.sweep()
		}
	}
	answer := func(f payout.Finding) func(*world) {
		return func(w *world) {
			w.vexora.answer = dressed(w, f)
			w.mustCreate(draft("R1"))
		}
	}
	order := func(give func(w *world, o payout.Order) (payout.Ordered, error), as payout.Resolution) func(*world) {
		return func(w *world) {
			w.vexora.answer = w.unclear
			p := w.mustCreate(draft("R1"))
			o := w.order(p.ID, dara, as)
			o.By, o.Reason, o.Evidence = payout.Principal(hostile("by")), strings.Repeat("r\u200b", 100), "one\ntwo" // others are refused
			done, err := give(w, o)
			w.must(done, err)
			harmless(t, "the answer to an order", done)
		}
	}
	for road, walk := range map[string]func(*world){
		"callback, paid":     callback(payout.FoundSucceeded, as),
		"callback, failed":   callback(payout.FoundFailed, as),
		"callback, returned": callback(payout.FoundReturned, as),
		"callback, unlisted": callback(payout.FoundUnlisted, as),
		"callback, mismatch": callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Provider = Monetix }),
		"callback, amount":   callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "1", money.USD)} }),
		"callback, orphan":   callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Reference = hostile("reference") }),
		"callback, own key":  callback(payout.FoundSucceeded, func(c *payout.Claim) { c.Reference = "P" + strings.Repeat("A", 26) + "01" }),
		"answer, processing": answer(payout.FoundProcessing),
		"answer, failed":     answer(payout.FoundFailed),
		"answer, about us":   answer(payout.FoundAboutUs),
		"answer, unclear":    answer(payout.FoundUnclear),
		"answer, not sent":   answer(payout.FoundNotSent),
		"question, paid":     ask(payout.FoundSucceeded),
		"question, failed":   ask(payout.FoundFailed),
		"question, unlisted": ask(payout.FoundUnlisted),
		"question, unclear":  ask(payout.FoundUnclear),
		"order, resolve":     order(func(w *world, o payout.Order) (payout.Ordered, error) { return w.operator.Resolve(bg, o) }, payout.ResolvedFailed),
		"order, resend":      order(func(w *world, o payout.Order) (payout.Ordered, error) { return w.operator.Resend(bg, o) }, ""),
		"order, resend event": order(func(w *world, o payout.Order) (payout.Ordered, error) {
			o.Event = 1
			return w.operator.ResendEvent(bg, o)
		}, ""),
		"statement": func(w *world) {
			p := w.mustCreate(draft("R1"))
			line, extra := row(1, p, payout.FoundSucceeded), row(2, p, payout.FoundFailed)
			line.ProviderID, line.Code, line.Message, line.Raw = hostile("id"), hostile("code"), hostile("message"), []byte(hostile("raw"))
			extra.Reference, extra.ProviderID = hostile("reference"), hostile("id")
			for _, by := range []payout.Principal{dara, bopha} {
				w.vexora.told = w.unclear
				w.ask()
				harmless(t, "report", w.importBy(file(Vexora, line, extra), by))
			}
		},
		"create": func(w *world) {
			created, err := w.creator.Create(bg, draft("R1"), payout.Principal(hostile("by")))
			if err != nil {
				t.Fatal(err)
			}
			harmless(t, "the answer to a create", created)
		},
	} {
		w := newWorld(t)
		walk(w)
		for _, p := range w.store.Payouts {
			harmless(t, road+", stored", p)
			harmless(t, road+", events", p.Events())
			if err := w.notifier.Notify(bg, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		harmless(t, road+", told", w.endpoint.got)
		harmless(t, road+", orphans", w.store.Orphans)
		if len(w.store.Payouts)+len(w.store.Orphans) == 0 {
			t.Errorf("%s: nothing was stored", road)
		}
	}
}

// A number that was clipped is still compared as a whole.
func TestNumbersThatAreTooLongToKeepAreStillToldApart(t *testing.T) {
	w := newWorld(t)
	w.vexora.answer = w.unclear // so that no other number is known
	p := w.mustCreate(draft("R1"))
	paid := w.claim(p, payout.FoundSucceeded)
	paid.ProviderID = hostile("number 1")
	w.receive(paid)
	paid.Code = "another word"
	if v := w.receive(paid); v != payout.Repeated {
		t.Errorf("the same number: %s", v)
	}
	paid.ProviderID = hostile("number 1") + "!"
	if v := w.receive(paid); v != payout.Noted {
		t.Errorf("another number with the same beginning: %s", v)
	}
	if _, raised := w.stored(p.ID).Attention[payout.Contradiction]; !raised {
		t.Error("nobody is told of the second payment")
	}
}

func TestADraftHasNoFieldWithoutABound(t *testing.T) {
	for name, change := range map[string]func(*payout.Draft){
		"a phone of dashes":      func(d *payout.Draft) { d.Beneficiary.Phone += strings.Repeat("-", 60_000) },
		"an address with a zone": func(d *payout.Draft) { d.Beneficiary.IPAddress = "fe80::1%" + strings.Repeat("\x1b", 1000) },
		"an e-mail that turns":   func(d *payout.Draft) { d.Beneficiary.Email = "a\u202eb@example.com" },
	} {
		w := newWorld(t)
		d := draft("R1")
		change(&d)
		if _, err := w.create(d); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
