package statement_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// The limit of 200 columns is counted per line of the file, and a quoted line break
// carries a record over to the next one. Anybody who may call the route can send this, with
// check=true, registered or not; the function has 512 MB.
func TestAQuotedLineBreakHidesNoColumns(t *testing.T) {
	line := strings.Repeat(",", 199)
	for name, text := range map[string]string{
		"header": strings.Repeat(line+"\"\n\"", (4<<20)/(len(line)+3)),
		"rows":   "tradeNo,amount,currency,status\n" + strings.Repeat(line+"\"\n\"", (4<<20)/(len(line)+3)-1) + "\"",
	} {
		file := []byte(text)
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		rows, err := statement.Parse(file, wire.Statements()[vexora.Name])
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		var problems int
		if u, ok := err.(*statement.Unreadable); ok {
			problems = len(u.Problems)
		}
		live := after.HeapAlloc >> 20
		t.Logf("%s of %d bytes: allocated %d MiB, heap %d MiB, from the system %d MiB, %v, %d problems, %d rows", name, len(file),
			(after.TotalAlloc-before.TotalAlloc)>>20, live, (after.Sys)>>20, took, problems, len(rows))
		if (after.TotalAlloc-before.TotalAlloc)>>20 > 100 {
			t.Errorf("%s: a file of 4 MiB costs %d MiB (heap %d MiB) and lists %d problems", name, (after.TotalAlloc-before.TotalAlloc)>>20, live, problems)
		}
	}
}

// Two spellings of one word in the mapping: which one counts is drawn by lot.
func TestTwoSpellingsOfAStatusAreRefused(t *testing.T) {
	m, err := statement.ParseMapping([]byte(`{"statuses": {"Success": "succeeded", "SUCCESS": "failed"}}`), wire.Statements()[monetix.Name])
	if err != nil {
		return // refused: fine
	}
	seen := map[payout.Finding]int{}
	for range 200 {
		seen[parse(t, "payment_id,amount,currency,status\nP1,5,KHR,SuccesS\n", m)[0].Finding]++
	}
	if len(seen) > 1 {
		t.Errorf("one file, one mapping: %v", seen)
	}
}
