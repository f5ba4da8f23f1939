package statement_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// The table of operating.md is what finance goes by when a spreadsheet writes amounts otherwise.
func TestAmountsAreReadAsDocumented(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "\n### Amounts of a file\n")
	table, _, _ = strings.Cut(table, "\n\nNothing is rounded")
	forms := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| (.*) \|$`).FindAllStringSubmatch(table, -1) {
		for _, form := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			forms++
			cell := form[1]
			if !strings.HasPrefix(cell, `"`) {
				cell = `"` + cell + `"`
			}
			rows, err := statement.Parse([]byte("tradeNo,amount,currency,status\nP1,"+cell+",KHR,0000\n"), wire.Statements()[vexora.Name])
			want := map[bool]string{true: "1000.00"}[strings.HasPrefix(row[2], "1,000.00")]
			if err != nil || len(rows) != 1 || rows[0].Amount.String() != want {
				t.Errorf("%s is read as %v, %v; documented is %q", form[1], rows, err, want)
			}
		}
	}
	if forms < 12 {
		t.Errorf("%d forms are documented", forms)
	}
}
