package statement

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Unit says how a statement writes amounts. The wrong one is a factor of a hundred in every line;
// see plausible.
type Unit string

// The units.
const (
	Major Unit = "major" // 50000.00
	Minor Unit = "minor" // 5000000
)

// Columns names the columns of a file. Names are compared without regard to case
// and to blanks around them. ProviderID, Currency, Code and Message may be empty:
// the file has no such column. No provider documents the names of its columns, so that the defaults
// are guesses that a merchant may have to change.
type Columns struct {
	Reference  string `json:"reference"`
	ProviderID string `json:"provider_id"`
	Amount     string `json:"amount"`
	Currency   string `json:"currency"`
	Status     string `json:"status"`
	Code       string `json:"code"`
	Message    string `json:"message"`
}

// Mapping says how to read one provider's files.
type Mapping struct {
	// Delimiter is one character; empty means that the header line decides between
	// comma, semicolon and tabulator.
	Delimiter string  `json:"delimiter"`
	Columns   Columns `json:"columns"`
	Unit      Unit    `json:"unit"`
	// Currency is that of files without a currency column.
	Currency money.Currency `json:"currency"`
	// Statuses translates the provider's words, compared without regard to case.
	// A word that is not here settles nothing.
	Statuses map[string]payout.Finding `json:"statuses"`
}

// allowed lists what a status may be translated to. A word that settles nothing is left out of the
// mapping.
var allowed = []payout.Finding{
	payout.FoundSucceeded, payout.FoundFailed, payout.FoundProcessing, payout.FoundReturned,
}

// ParseMapping reads a merchant's mapping over a default: members that are left
// out keep the default, unknown ones are refused.
func ParseMapping(raw []byte, base Mapping) (Mapping, error) {
	if len(raw) == 0 {
		return base, nil
	}
	mapping := base
	mapping.Statuses = maps.Clone(base.Statuses) // decoding adds to the map
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&mapping); err != nil {
		return Mapping{}, fmt.Errorf("statement mapping: %w", err)
	}
	return mapping, mapping.check()
}

// check finds what would read a file wrongly, all faults at once. Two spellings of one word could
// be translated to two findings, and a map has no order.
func (m Mapping) check() error {
	var problems []error
	for name, column := range map[string]string{
		"reference": m.Columns.Reference, "amount": m.Columns.Amount, "status": m.Columns.Status,
	} {
		if column == "" {
			problems = append(problems, fmt.Errorf("statement mapping: columns.%s must name a column", name))
		}
	}
	if m.Columns.Currency == "" && m.Currency == "" {
		problems = append(problems, errors.New("statement mapping: columns.currency or currency must be set"))
	}
	if m.Unit != Major && m.Unit != Minor {
		problems = append(problems, errors.New(`statement mapping: unit must be "major" or "minor"`))
	}
	if len([]rune(m.Delimiter)) > 1 {
		problems = append(problems, errors.New("statement mapping: delimiter must be one character"))
	}
	words := map[string]bool{}
	for word, finding := range m.Statuses {
		if folded := strings.ToLower(word); words[folded] {
			problems = append(problems, fmt.Errorf("statement mapping: status %q is there in two spellings", word))
		} else {
			words[folded] = true
		}
		if !slices.Contains(allowed, finding) {
			problems = append(problems, fmt.Errorf("statement mapping: status %q must become one of %v", word, allowed))
		}
	}
	return errors.Join(problems...)
}
