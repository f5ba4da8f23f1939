package wire

import (
	"slices"
	"sync"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
)

// rows are the providers: a new one is a room of its own, and a row here. The order is that of
// lists and messages.
var rows = []provider.Provider{
	vexora.Provider,
	monetix.Provider,
}

// The rows are registered before anything starts: the parsers of the environment ask which
// providers there are.
func init() {
	for _, p := range rows {
		payout.Register(p.Facts())
	}
}

// Providers lists the providers.
func Providers() []provider.Provider { return slices.Clone(rows) }

// Banks is the embedded bank directory with the merchant's changes.
func Banks(overrides map[bank.Slug]bank.Override) (bank.Directory, error) {
	all, err := embedded()
	if err != nil {
		return bank.Directory{}, err
	}
	return all.With(overrides)
}

// embedded reads the embedded directory, which several functions of one process share.
var embedded = sync.OnceValues(func() (bank.Directory, error) {
	var codes []bank.Codes
	for _, p := range rows {
		codes = append(codes, p.BankCodes())
	}
	return bank.Default(codes...)
})

// Statements are the mappings of the providers' statements until the merchant sets others.
func Statements() map[payout.Provider]statement.Mapping {
	mappings := map[payout.Provider]statement.Mapping{}
	for _, p := range rows {
		mappings[p.Facts().Name] = p.Statement()
	}
	return mappings
}
