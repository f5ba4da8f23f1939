package payout_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"cambodia-payouts/pkg/payout"
)

// paid is a payout to somebody whose number and names providers quote.
func paid(number string) payout.Payout {
	return payout.Payout{
		Destination: payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: number},
		Beneficiary: payout.Beneficiary{FirstName: "Sophea", LastName: "Chan Ly", Email: "Sophea.Chan@example.com", Phone: "+855 12 345 678"},
	}
}

func TestWhatAProviderQuotesOfTheRecipientIsMasked(t *testing.T) {
	for said, want := range map[string]string{
		"Account 1234567890 does not exist":            "Account ****7890 does not exist",
		"Account 12-34 56.78/90 is closed":             "Account ****.78/90 is closed",
		"A/C ១២៣៤៥៦៧៨៩០ not found":                     "A/C ****៧៨៩០ not found",
		"A/C １２３４５６７８９０":                               "A/C ****７８９０",
		"account ending 67890":                         "account ending ****7890",
		"account 123456****":                           "account ********",
		"KH00WING1234567890":                           "KH00WING****7890",
		"1\u200b2\u200b3\u200b4\u200b5\u200b67890":     "****7890",
		"Recipient SOPHEA CHAN cannot be credited":     "Recipient **** **** cannot be credited",
		"Mr. Chan, Sophea":                             "Mr. ****, ****",
		"SopheaChan":                                   "****",
		"Channel closed, lyrics":                       "Channel closed, lyrics",
		"mail to sophea.chan@EXAMPLE.com bounced":      "mail to **** bounced",
		"call 012 345 678":                             "call 0****",
		"General decline":                              "General decline",
		"error 20106 at 21:34, limit 4000000":          "error 20106 at 21:34, limit 4000000",
		strings.Repeat("x", 150) + " account 1234":     strings.Repeat("x", 150) + " account ****",
		strings.Repeat("x", 100) + " before, 123 were": strings.Repeat("x", 100) + " before, 123 were",
	} {
		if got := paid("1234567890").Mask().Text(said); got != want {
			t.Errorf("%s\nis  %s\nnot %s", said, got, want)
		}
	}
	khmer := paid("1")
	khmer.Beneficiary.FirstName = "សុភា"
	if got := khmer.Mask().Text("គណនីសុភាមិនមាន"); got != "គណនី****មិនមាន" {
		t.Errorf("in a script without blanks: %s", got)
	}
	wallet := payout.Payout{Destination: payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: "lanton_88990011", AccountNumber: "88990011"}}
	if got := wallet.Mask().Text("LANTON wallet lanton_88990011 is locked"); got != "LANTON wallet ****0011 is locked" {
		t.Error(got)
	}
	if got := wallet.Mask().Number("V88990012"); got != "V88990012" {
		t.Errorf("a number of the provider's own: %s", got)
	}
	if got := wallet.Mask().Number("ACC-88990011"); got != "ACC-****0011" {
		t.Errorf("the recipient's, as a number of the provider's own: %s", got)
	}
	for number, said := range map[string]string{"88990011": "Account 8899**** is closed", "0889911": "acct 088 (KHR) 9911"} {
		if got := paid(number).Mask().Text(said); strings.Contains(got, number[:len(number)-4]) {
			t.Errorf("the head of a short number, beside its end: %s", got)
		}
	}
	orphan := payout.Payout{Status: payout.Orphan}
	if got := orphan.Mask().Text("Account 1234567890"); got != "Account ****7890" {
		t.Errorf("at a payout's key, of a payout that is not ours: %s", got)
	}
	if got := payout.MaskAny("Account 12-34 5678 90 of sophea.chan@example.com"); got != "Account ****78 90 of ****" {
		t.Errorf("of a payout that is not ours: %s", got)
	}
}

// spelt writes a number in one of the ways in which providers write numbers, and others.
func spelt(r *rand.Rand, number string) string {
	digits := []string{"0123456789", "០១២៣៤៥៦៧៨៩", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "⁰¹²³⁴⁵⁶⁷⁸⁹", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨"}[r.IntN(7)]
	between := []string{"", " ", "-", ".", "/", "\u00a0", "\u200b", " - ", ","}[r.IntN(9)]
	every := 1 + r.IntN(5)
	var b strings.Builder
	for i, d := range number {
		if i > 0 && i%every == 0 {
			b.WriteString(between)
		}
		b.WriteRune([]rune(digits)[d-'0'])
	}
	return b.String()
}

// digitsIn are the digits of a text in order, one number for whatever stands between letters or masks.
func digitsIn(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), r == '*':
			return '|'
		case !unicode.IsDigit(r):
			return -1
		case r <= '9':
			return r
		}
		for _, zero := range "០０٠" {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, norm.NFKC.String(text))
}

// leaks reports whether a text shows more of a number than its last four digits.
func leaks(text, number string) bool {
	digits := digitsIn(text)
	for from := range len(number) - 5 {
		if strings.Contains(digits, number[from:from+6]) {
			return true
		}
	}
	return strings.Contains(digits, number[len(number)-5:])
}

// Whatever a provider writes around a recipient's number, by whichever road: nothing but its
// last four digits stands in what a reader sees, in events, or in what an orphan shows.
func TestNoNumberOfARecipientComesOutOfAProvidersText(t *testing.T) {
	t.Parallel()
	const seeds = 600
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 1))
		number := ""
		for range 8 + r.IntN(10) {
			number += fmt.Sprint(r.IntN(10))
		}
		said := func() string {
			before := []string{"", "Account ", "A/C:", "error of ", strings.Repeat("long ", r.IntN(32))}[r.IntN(5)]
			part := number[r.IntN(3):]
			return before + spelt(r, part) + []string{"", " does not exist", "!", " closed by the bank"}[r.IntN(4)]
		}
		w := newWorld(t)
		d := draft("R1")
		d.Destination.AccountNumber, d.Destination.AccountID = number, "lanton_"+number
		dress := func(c payout.Claim) payout.Claim {
			c.Code, c.Message = said(), said()
			if r.IntN(4) == 0 {
				c.Code = "20106"
			}
			return c
		}
		findings := []payout.Finding{payout.FoundProcessing, payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundUnlisted, payout.FoundUnclear}
		any := func() payout.Finding { return findings[r.IntN(len(findings))] }
		w.vexora.answer = func(payout.Payout) payout.Claim {
			return dress(payout.Claim{Finding: any(), Failure: payout.FailureRefused, At: w.clock.Now()})
		}
		w.vexora.told = w.vexora.answer
		p := w.mustCreate(d)
		w.receive(dress(w.claim(p, any())))
		w.clock.pass(10 * time.Minute)
		w.sweep()
		w.receive(dress(w.claim(p, any())))
		foreign := dress(w.claim(p, any()))
		foreign.Reference = "of-another"
		w.receive(foreign)
		seen := w.seen(p.ID)
		for _, o := range w.store.Orphans {
			seen = append(seen, o.Code, payout.MaskAny(o.Message))
		}
		for _, text := range seen {
			if leaks(text, number) {
				t.Fatalf("seed %d: %s shows of %s: %q", seed, p.ID, number, text)
			}
		}
	}
}

// FuzzNoNumberOfARecipientIsShown holds the same of any text at all.
func FuzzNoNumberOfARecipientIsShown(f *testing.F) {
	f.Add("Account 1234567890 does not exist", uint64(1234567890))
	f.Add("A/C 1-2-3-4-5-6-7-8-9-0, 12345678901234567890", uint64(1234567890))
	f.Add("1111111111 11111", uint64(1111111111))
	f.Add("12<!-- a -->34/* b */567890, ①②③④⑤⑥⑦⑧⑨⓪", uint64(1234567890))
	f.Fuzz(func(t *testing.T, text string, n uint64) {
		number := fmt.Sprintf("%010d", n)
		if said := payout.Printable(text); leaks(paid(number).Mask().Text(said), number) {
			t.Errorf("%q shows %s: %q", said, number, paid(number).Mask().Text(said))
		}
	})
}

// seen are all texts of a provider's that go out of a payout.
func (w *world) seen(id payout.ID) []string {
	p := w.stored(id)
	m := p.Mask()
	var all []string
	for _, e := range p.History {
		all = append(all, e.ProviderCode, e.Shown(m))
	}
	if p.Failure != nil {
		all = append(all, p.Failure.ProviderCode, m.Text(p.Failure.Message))
	}
	if p.Return != nil {
		all = append(all, p.Return.ProviderCode, m.Text(p.Return.Message))
	}
	for _, e := range p.Events() {
		e.PayoutID, e.ID, e.PreviousEventID, e.Timestamp = "", "", nil, ""
		said, _ := json.Marshal(e)
		all = append(all, string(said))
	}
	return all
}

// A code has the form of one, and a repetition is recognised however its code is kept.
func TestACodeHasTheFormOfOne(t *testing.T) {
	for said, want := range map[string]string{
		"00029": "00029", "20106": "20106", "partially_paid-out.1": "partially_paid-out.1", "": "",
		"Account of Sophea": "unreadable", "1234567890": "unreadable", "12-34-56-78": "unreadable",
		strings.Repeat("A", 33): "unreadable", "PAID\n": "unreadable", "ស": "unreadable", "by-chan": "unreadable",
		"123456": "unreadable", "x34567890": "unreadable", "12345": "12345", "765432": "765432",
	} {
		w := newWorld(t)
		d := draft("R1")
		d.Beneficiary.LastName, d.Destination.AccountNumber = "Chan", "1234567890"
		p := w.mustCreate(d)
		c := w.claim(p, payout.FoundSucceeded)
		c.Code = said
		key := c.Key()
		w.receive(c)
		newest := w.stored(p.ID).History[len(w.stored(p.ID).History)-1]
		if newest.ProviderCode != want || newest.Status != payout.Succeeded {
			t.Errorf("%q is kept as %q, %s", said, newest.ProviderCode, newest.Status)
		}
		if newest.ClaimKey != key && want == said {
			t.Errorf("%q: a repetition of before is not recognised", said)
		}
		if v := w.receive(c); v != payout.Repeated {
			t.Errorf("%q: its repetition is %s", said, v)
		}
	}
}
