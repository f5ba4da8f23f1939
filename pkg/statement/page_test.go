package statement_test

import (
	"os"
	"strings"
	"testing"

	"cambodia-payouts/pkg/wire"
)

// The page that people map their files by names every default column and word.
func TestThePageNamesTheDefaults(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(raw), "## Statements")
	for provider, m := range wire.Statements() {
		if provider == "trial" { // nobody's, and only in a build of its own
			continue
		}
		words := []string{m.Columns.Reference, m.Columns.ProviderID, m.Columns.Amount, m.Columns.Currency, m.Columns.Status, m.Columns.Message}
		for word := range m.Statuses {
			words = append(words, word)
		}
		for _, word := range words {
			if !strings.Contains(section, "`"+word+"`") {
				t.Errorf("%s: no %s", provider, word)
			}
		}
	}
}
