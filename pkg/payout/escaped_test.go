package payout_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// escapes are the ways in which a text comes out of another system's markup.
var escapes = []string{
	"&nbsp;", "&#160;", "&#xA0;", "&ensp;", "%20", "%C2%A0", "%2D", "+", `\u00a0`, `\u0020`, `\t`, `\x20`, "&amp;nbsp;", "%2520", "<br>", "</b><b>",
	"&nbsp", "&#160", "&#xA0", "&shy", "&amp;nbsp", "=20", "=2D", "=C2=A0", `\040`, `\u{a0}`,
	"<!-- -->", "<!-- see 5 > 4 -->", "/**/", "/* of 3 parts */", "<?pi a?>", "<!x>", "<![CDATA[", "]]>", "&lt;!-- c --&gt;", "%3C!--c--%3E",
	"\u3164", "\u115f", "\uffa0", "\u034f", "\u2060", "\u17b5", "\u2800", "\ufe0f\u20e3",
}

// digitForms are the ways in which a digit is spelt as an escape, or as another character.
var digitForms = []func(rune) string{
	func(d rune) string { return fmt.Sprintf("%%%02X", d) },
	func(d rune) string { return fmt.Sprintf("&#%d;", d) },
	func(d rune) string { return fmt.Sprintf("&#x%x;", d) },
	func(d rune) string { return fmt.Sprintf(`\u%04x`, d) },
	func(d rune) string { return fmt.Sprintf("&#%d", d) },
	func(d rune) string { return fmt.Sprintf("&#%d ", d) },
	func(d rune) string { return fmt.Sprintf("&#X%X ", d) },
	func(d rune) string { return fmt.Sprintf("&amp#%d;", d) },
	func(d rune) string { return fmt.Sprintf("&amp;#0%d", d) },
	func(d rune) string { return fmt.Sprintf(`\%03o`, d) },
	func(d rune) string { return fmt.Sprintf("=%02X", d) },
	func(d rune) string { return fmt.Sprintf(`\u{%x}`, d) },
	func(d rune) string { return fmt.Sprintf(`\u{%06x}`, d) },
	func(d rune) string { return string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[d-'0']) },
	func(d rune) string { return string([]rune("₀₁₂₃₄₅₆₇₈₉")[d-'0']) },
	func(d rune) string { return string([]rune("⓪①②③④⑤⑥⑦⑧⑨")[d-'0']) },
	func(d rune) string { return fmt.Sprintf("&#%d;", []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[d-'0']) },
	func(d rune) string { return string(d) + "<!-- digit -->" },
}

// signForms are the ways in which a digit is a sign that means it by itself.
var signForms = []func(rune) string{
	func(d rune) string { return string(d) + "\ufe0f\u20e3" },
	func(d rune) string { return string(d) + "\u0301" },
	drawn("០១២៣៤៥៦៧៨៩"), drawn("៰៱៲៳៴៵៶៷៸៹"), drawn("٠١٢٣٤٥٦٧٨٩"), drawn("０１２３４５６７８９"), drawn("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"), drawn("𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡"),
	drawn("⓪⑴⑵⑶⑷⑸⑹⑺⑻⑼"), drawn("🄀⒈⒉⒊⒋⒌⒍⒎⒏⒐"), drawn("⓿⓵⓶⓷⓸⓹⓺⓻⓼⓽"), drawn("🄋➀➁➂➃➄➅➆➇➈"), drawn("🄌➊➋➌➍➎➏➐➑➒"),
	drawn("〇一二三四五六七八九"), drawn("〇〡〢〣〤〥〦〧〨〩"), drawn("🯰🯱🯲🯳🯴🯵🯶🯷🯸🯹"),
}

// lookalikes are digits of which some are letters.
var lookalikes = []func(rune) string{
	drawn("Ol23456789"), drawn("oI23456789"), drawn("ОI23456789"), drawn("Οl23456789"), drawn("ⲞӀ23456789"), drawn("օІ23456789"), drawn("Ｏｌ23456789"),
}

// drawn spells a digit as the character that stands at its place.
func drawn(digits string) func(rune) string {
	return func(d rune) string { return string([]rune(digits)[d-'0']) }
}

// escaped spells digits of a number as escapes themselves.
func escaped(r *rand.Rand, digits string) string {
	forms := slices.Concat(digitForms, signForms, lookalikes)
	form := forms[r.IntN(len(forms))]
	var b strings.Builder
	for _, d := range digits {
		b.WriteString(form(d))
	}
	return b.String()
}

// However markup sets a number apart, a reader sees its last four digits at most, of our payouts
// and of orphans.
func TestANumberInMarkupIsMasked(t *testing.T) {
	t.Parallel()
	const number = "7301986425"
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 4))
		between := escapes[r.IntN(len(escapes))]
		said := "Account " + number[:3] + between + number[3:6] + between + number[6:] + " is closed"
		switch r.IntN(4) {
		case 0:
			said = "Account " + escaped(r, number) + " is closed"
		case 1:
			said = "acct=" + url.QueryEscape(number[:4]+" "+number[4:])
		}
		for who, shown := range map[string]string{"the payout": paid(number).Mask().Text(said), "an orphan": payout.MaskAny(said)} {
			if plain, _ := url.QueryUnescape(shown); strings.Contains(shown, "730") || strings.Contains(shown, "198") || strings.Contains(plain, number) || strings.Contains(shown, escaped(rand.New(rand.NewPCG(seed, 4)), number[:3])) {
				t.Errorf("seed %d, %s: %q shows %q", seed, who, said, shown)
			}
		}
	}
}

// However markup spells an e-mail address, nobody sees it.
func TestAnEMailInMarkupIsMasked(t *testing.T) {
	for _, said := range []string{
		"unknown payee sophea.chan@example.com", "unknown payee sophea.chan%40example.com", "unknown payee sophea.chan&#64;example.com",
		`unknown payee sophea.chan\u0040example.com`, "unknown payee sophea.chan&commat;example.com", "sophea%2Echan%40example%2Ecom", "<i>sophea.chan</i><b>@</b>example.com",
	} {
		for who, shown := range map[string]string{"the payout": paid("7301986425").Mask().Text(said), "an orphan": payout.MaskAny(said)} {
			if low := strings.ToLower(shown); strings.Contains(low, "sophea") || strings.Contains(low, "chan") {
				t.Errorf("%s: %q shows %q", who, said, shown)
			}
		}
	}
}

// What a text quotes a second time, in markup, takes no mask from what it quotes as it is.
func TestASecondQuoteUndoesNoMask(t *testing.T) {
	const number = "7301986425"
	for _, plain := range []string{"73019&864;25", "7301%986425", "&7301986425;", number} {
		for seed := range uint64(200) {
			r := rand.New(rand.NewPCG(seed, 4))
			said := "Account " + plain + " of " + escaped(r, number) + ", Sophea"
			if shown := paid(number).Mask().Text(said); len(digitsShown(shown, plain)) > 4 || strings.Contains(shown, "Sophea") {
				t.Errorf("seed %d: %q shows %q", seed, said, shown)
			}
		}
	}
}

// digitsShown are the digits of the last four or more of a quote's that a text shows in its place.
func digitsShown(shown, plain string) string {
	quote, _, _ := strings.Cut(shown, " of ")
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, quote)
}

// Markup without a number stays as it came: nothing is made of it that was cleaned away before.
func TestMarkupWithoutANumberStays(t *testing.T) {
	for _, said := range []string{
		"A &amp; B", "50%20off", `at \u202e`, "error 20106 &lt;script&gt;", "100% sure, 5 left",
		"a=30, b=31", "sum=20 USD=40", "R&D &co", "&copy 2026", `C:\temp\012`, "42 m² of 12³", "see ①, ② and ③", `\u{1f600} nice`,
	} {
		if got := paid("7301986425").Mask().Text(said); got != said {
			t.Errorf("%q became %q", said, got)
		}
		if got := payout.MaskAny(said); strings.Contains(got, "<") || strings.Contains(got, "\u202e") {
			t.Errorf("%q became %q", said, got)
		}
	}
}

func TestAnAccountWithLettersIsMaskedInAnOrphan(t *testing.T) {
	for said, want := range map[string]string{
		"Account KH12AB34CD5678 is closed": "Account ****5678 is closed",
		"of A1B2C3D4":                      "of ****C3D4",
		"operation declined, code E12045":  "operation declined, code E****2045",
		"General decline of may2026":       "General decline of may2026",
	} {
		if got := payout.MaskAny(said); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// A provider's own number may be an account's without the zeros before it.
func TestAnAccountWithoutItsZerosIsMaskedInAProvidersNumber(t *testing.T) {
	for number, said := range map[string]string{"000123456": "N-123456", "0012345678": "12345678"} {
		if got := paid(number).Mask().Number(said); strings.Contains(got, said[len(said)-6:]) {
			t.Errorf("%s is shown as %s", number, got)
		}
	}
	if got := paid("000012345").Mask().Number("9912345"); got != "9912345" {
		t.Errorf("five digits are there by chance: %s", got)
	}
}

// What is cut off or illegible of a provider's number is kept with a mark, which is a plain hash
// of the whole: whoever sees it, and knows all but the account number, could try that out.
func TestNoReaderSeesTheMarkOfAProvidersNumber(t *testing.T) {
	const number = "0014587711"
	for said, want := range map[string]string{
		"N-1\u200b2":                "N-12~",
		"ACC\u200b " + number + " ": "ACC ****7711 ~",
		"ACC\u200b 145877":          "ACC ****~",
		"N\u200b-" + strings.Repeat("x", 98) + number:    "N-" + strings.Repeat("x", 98) + "****7711~",
		strings.Repeat("x", 112) + number + " is closed": strings.Repeat("x", 112) + "****~",
		strings.Repeat("x", 125) + number:                strings.Repeat("x", 115) + "~",
	} {
		w := newWorld(t)
		w.vexora.answer = w.unclear
		d := draft("R1")
		d.Destination.AccountNumber = number
		p := w.mustCreate(d)
		c := w.claim(p, payout.FoundSucceeded)
		c.ProviderID = said
		w.receive(c)
		after := w.stored(p.ID)
		if after.ProviderID == said || len(after.ProviderID) < 13 {
			t.Fatalf("%q is kept as %q, without a mark", said, after.ProviderID)
		}
		if got := after.Mask().Number(after.ProviderID); got != want {
			t.Errorf("%q is shown as %q, not %q", said, got, want)
		}
		after.RedactedAt = c.At
		for who, got := range map[string]string{"after its redaction": after.Mask().Number(after.ProviderID), "in an orphan": payout.Unmarked(after.ProviderID)} {
			if !strings.HasSuffix(got, "~") {
				t.Errorf("%q is shown %s as %q", said, who, got)
			}
		}
	}
	for _, whole := range []string{"VX1", "N~12", "N~0123456789AB", "N-12~", ""} {
		if got := payout.Unmarked(whole); got != whole {
			t.Errorf("%q became %q", whole, got)
		}
	}
}
