package payout_test

import (
	"strings"
	"testing"
)

// What is too long is refused before it is parsed: a parser of addresses makes a word of each
// blank, and a body has room for thousands.
func TestAnAddressThatIsTooLongIsNotParsed(t *testing.T) {
	for name, email := range map[string]string{
		"words":  strings.Repeat("a ", 30_000) + "<a@b.c>",
		"quoted": strings.Repeat(`"a"`, 20_000) + "<a@b.c>",
		"groups": "g:" + strings.Repeat("=?utf-8?q?a?= <a@b>,", 3_000) + ";",
	} {
		w := newWorld(t)
		d := draft("R1")
		d.Beneficiary.Email = email
		allocations := testing.AllocsPerRun(1, func() {
			if _, err := w.create(d); err == nil {
				t.Errorf("%s: taken", name)
			}
		})
		if allocations > 1000 {
			t.Errorf("%s: %.0f allocations to refuse an address of %d bytes", name, allocations, len(email))
		}
	}
}
