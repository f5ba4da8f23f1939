package payout_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// A name in letters that look like those of the beneficiary's is his name to a reader.
func TestANameInLettersThatLookAlikeIsMasked(t *testing.T) {
	for said, want := range map[string]string{
		"to Ѕорһеа Сһаn":             "to **** ****", // Cyrillic, with Latin between
		"to ЅОРНЕА СНАМ":             "to **** СНАМ", // an M is no N
		"to Sοphεa Chαn":             "to **** ****", // Greek
		"to ΣΟΡΗΕΑ":                  "to ΣΟΡΗΕΑ",    // a sigma looks like no S
		"to Ｓｏｐｈｅａ":                  "to ****",
		"to 𝐒𝐨𝐩𝐡𝐞𝐚 𝒞𝒽𝒶𝓃":             "to **** ****",
		"to Ⓢⓞⓟⓗⓔⓐ":                  "to ****",
		"to 🅢🅞🅟🅗🅔🅐":                  "to ****",
		"to ꜱᴏᴘʜᴇᴀ":                  "to ****",
		"to Sóphéa CHÄN":             "to **** ****",
		"to So\u0301phe\u0301a":      "to ****",
		"to So\u034fph\u2060ea, Ly":  "to ****, ****",
		"Account\u3164Sophea":        "Account\u3164****",
		"to ѕорһеа.сһаn＠еxаmрlе.соm": "to ****",
		"to S.O.P.H.E.A":             "to S.O.P.H.E.A",
	} {
		if got := paid("7301986425").Mask().Text(said); got != want {
			t.Errorf("%q is %q, not %q", said, got, want)
		}
	}
	for name, said := range map[string]string{"José": "JOSE", "Łukasz": "Lukasz", "Иван": "Иван", "Ѕорһеа": "Sophea", "Đức": "Duc"} {
		p := paid("7301986425")
		p.Beneficiary.FirstName = name
		if got := p.Mask().Text("to " + said + " by hand"); got != "to **** by hand" {
			t.Errorf("%s, written %s: %q", name, said, got)
		}
	}
}

// A code is judged when it is stored, and a provider's own number is masked if it is the
// recipient's: both by what they look like.
func TestANumberOfLettersThatLookLikeDigitsIsOneInACodeToo(t *testing.T) {
	p := paid("7301986425")
	if got := p.Mask().Number("N-73Ol986425"); got != "N-****6425" {
		t.Errorf("a provider's own number: %q", got)
	}
	w := newWorld(t)
	d := draft("R1")
	d.Destination.AccountNumber = "7301986425"
	stored := w.mustCreate(d)
	c := w.claim(stored, payout.FoundSucceeded)
	c.Code = "73Ol98"
	w.receive(c)
	history := w.stored(stored.ID).History
	if got := history[len(history)-1].ProviderCode; got != "unreadable" {
		t.Errorf("a code: %q", got)
	}
}

// What only looks like a number, or like markup, is said as it came.
func TestHonestTextsThatLookAlikeStay(t *testing.T) {
	for _, said := range []string{
		"Ол 5 из 10", "µ = 3 µs", "see (1), ⑵ and ③", "limit ½ of 2000", "Il y a 10 lots", "hello 10 ll 20", "// 5 of 7",
		"rate 4 */5 and 7/* 9", "a <!-- note --> b", "第一 二十三", "Ⅳ of Ⅹ", "10 Ω, 5 kΩ", "CO2 and O2", "Solo 100, Lolo 200", "café No 5", "<?xml version?> 5",
		"បានបរាជ័យ ៥", "Ошибка 20106", "σφάλμα 20106", "エラー 20106", "错误 20106",
	} {
		if got := paid("7301986425").Mask().Text(said); got != said {
			t.Errorf("%q became %q", said, got)
		}
		if got := payout.MaskAny(said); !strings.Contains(said, "20106") && got != said {
			t.Errorf("of an orphan, %q became %q", said, got)
		}
	}
}

// FuzzNoSpellingOfANumberIsShown spells a number in any of the ways in which one can be read, each
// digit perhaps in a way of its own, with what is not seen or is markup between, and looks for
// what was spelt.
func FuzzNoSpellingOfANumberIsShown(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(7301986425*(seed+1), seed)
	}
	f.Fuzz(func(t *testing.T, n, seed uint64) {
		number := fmt.Sprintf("7%09d", n%1_000_000_000)
		r := rand.New(rand.NewPCG(seed, 5))
		pieces := spellings[r.IntN(len(spellings))](r, number)
		said := "Account " + strings.Join(pieces, "") + " is closed"
		for who, shown := range map[string]string{"the payout": paid(number).Mask().Text(said), "an orphan": payout.MaskAny(said)} {
			leaks := !strings.Contains(shown, "****") || strings.HasPrefix(shown, "Account "+pieces[0])
			for at := range len(pieces) - 4 {
				leaks = leaks || strings.Contains(shown, strings.Join(pieces[at:at+5], ""))
			}
			if leaks {
				t.Errorf("%s: %s in %q is shown as %q", who, number, said, shown)
			}
		}
	})
}

// spellings write each digit of a number, and what stands before it.
var spellings = []func(r *rand.Rand, number string) []string{
	func(r *rand.Rand, number string) []string { return each(number, digitForms[r.IntN(len(digitForms))]) },
	func(r *rand.Rand, number string) []string { return each(number, lookalikes[r.IntN(len(lookalikes))]) },
	func(r *rand.Rand, number string) []string {
		form := signForms[r.IntN(len(signForms))]
		return apart(r, each(number, form))
	},
	func(r *rand.Rand, number string) []string {
		return apart(r, each(number, func(d rune) string { return signForms[r.IntN(len(signForms))](d) }))
	},
}

func each(number string, form func(rune) string) (pieces []string) {
	for _, d := range number {
		pieces = append(pieces, form(d))
	}
	return pieces
}

// apart puts now and then something between two digits that no reader sees, or that sets them apart.
func apart(r *rand.Rand, pieces []string) []string {
	for i := range pieces[1:] {
		if r.IntN(3) == 0 {
			pieces[i+1] = escapes[r.IntN(len(escapes))] + pieces[i+1]
		}
	}
	return pieces
}

// Set apart, a letter is a digit only where it stands in the recipient's number.
func TestALetterBetweenDigitsThatAreSetApartIsOneOfANumber(t *testing.T) {
	for _, said := range []string{"Account 73O-l98-6425", "Account 7 3 O l 9 8 6 4 2 5", "Account 73O/I98", "Account 73o|98"} {
		if got := paid("7301986425").Mask().Text(said); !strings.HasPrefix(got, "Account ****") || strings.Contains(got, "98") {
			t.Errorf("%q is shown as %q", said, got)
		}
	}
}
