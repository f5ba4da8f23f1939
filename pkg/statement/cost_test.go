package statement_test

import (
	"runtime"
	"strings"
	"testing"

	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// The function that reads files has 512 MB, and anybody who may send one may send nonsense.
func TestNoFileOfFourMebibytesCostsAHundred(t *testing.T) {
	const size = 4 << 20
	head := "tradeNo,amount,currency,status\n"
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for name, text := range map[string]string{
		"header of commas":   fill(","),
		"header of names":    fill("a,"),
		"quoted header":      fill(`"",`),
		"row of commas":      head + fill(","),
		"wrong field counts": head + fill("x\n"),
		"broken quotes":      head + fill("\"\n"),
		"one long amount":    head + "P1," + fill("9") + ",KHR,0000\n",
		"one grouped amount": head + "P1,\"1" + fill(",000") + "\",KHR,0000\n",
		"one long status":    head + "P1,1,KHR," + fill("é") + "\n",
		"one long reference": head + fill("P") + ",1,KHR,0000\n",
		"many small rows":    head + strings.Repeat("P1,1,KHR,0000\n", statement.Rows),
	} {
		file := []byte(text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, err := statement.Parse(file, wire.Statements()[vexora.Name])
		runtime.ReadMemStats(&after)
		if spent := (after.TotalAlloc - before.TotalAlloc) >> 20; spent > 100 {
			t.Errorf("%s: %d MiB for %d rows, %v", name, spent, len(rows), err)
		}
	}
}
