package statement_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// between are what stands between the groups of a number in the files and texts of others.
var between = []string{
	"", " ", "-", ".", "/", "_", ",", "  ", " - ", "–", "\u00a0", "\u200b", "\u202f", "&nbsp;", "%20", `\u00a0`, " and ", "x", "\t", "*",
}

func spelt(r *rand.Rand, number string) string {
	separator, every := between[r.IntN(len(between))], 1+r.IntN(5)
	digits := []rune([]string{"0123456789", "០១២៣៤៥៦៧៨៩", "０１２３４５６７８９"}[r.IntN(3)])
	var b strings.Builder
	for i, d := range number {
		if i > 0 && i%every == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(digits[d-'0'])
	}
	return b.String()
}

// keptOf is what is kept of a line that quotes an account in its message, code and status word.
func keptOf(t *testing.T, seed uint64, account string) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 3))
	cell := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
	code, status := "20106", "decline"
	if r.IntN(3) == 0 {
		code = spelt(r, account)
	}
	if r.IntN(3) == 0 {
		status = "unknown account " + spelt(r, account)
	}
	file := "payment_id,request_id,amount,currency,status,code,message\nPABC,rq,50000.00,KHR," + cell(status) + "," + cell(code) + "," + cell("Account "+spelt(r, account)+" is closed") + "\n"
	rows, err := statement.Parse([]byte(file), wire.Statements()[monetix.Name])
	if err != nil {
		t.Fatal(err)
	}
	return string(rows[0].Raw)
}

// A reader sees the hash of the line that a history keeps, so nothing of the line may be of an
// account, however its number is spelt: six digits are tried out in a second.
func TestWhatIsKeptOfALineTellsNoAccount(t *testing.T) {
	for seed := range uint64(3000) {
		if one, other := keptOf(t, seed, "0014587711"), keptOf(t, seed, "9872347711"); one != other {
			t.Fatalf("seed %d: kept is %q, of the other account %q", seed, one, other)
		}
	}
}

// What a code and a word of the mapping say is kept: they are short.
func TestAShortCodeIsKept(t *testing.T) {
	for _, said := range []string{"00029", "decline", "General decline", "E-1204.5"} {
		rows := parse(t, fmt.Sprintf("tradeNo,amount,currency,status\nP1,5,KHR,%s\n", said), wire.Statements()[vexora.Name])
		if want := "P1,,5,KHR," + said + ","; string(rows[0].Raw) != want {
			t.Errorf("%q, not %q", rows[0].Raw, want)
		}
	}
}

// What stands for an amount or a currency and is none may be any text.
func TestWhatIsNoAmountIsNotKept(t *testing.T) {
	m := wire.Statements()[monetix.Name]
	for _, cells := range []string{"refund to 8899001122,KHR", "50000,KHR 8899001122 Sok Dara", "50000,paid to Sok Dara"} {
		rows, err := statement.Parse([]byte("payment_id,request_id,amount,currency,status,code,message\nP1,V1,"+cells+",success,1,x\n"), m)
		if err != nil {
			t.Fatal(err)
		}
		if want := "P1,V1,unreadable,unreadable,success,1"; string(rows[0].Raw) != want || !rows[0].Amount.IsZero() {
			t.Errorf("of %q %q is kept", cells, rows[0].Raw)
		}
	}
}
