//go:build trial

package trial

import (
	"regexp"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/statement"
)

// Name is that of the provider on the wire and in stores. Variables, members of settings and
// addresses are derived from it (decision 0029).
const Name payout.Provider = "trial"

// Provider is all that the service knows of the trial provider. Recovery is what decides about
// money: with both facts documented, a lost payout is sent again by itself under the same id.
// "Undocumented" about "absent" keeps "not found" from proving anything.
var Provider = provider.New(provider.Room[Credentials, Settings]{
	Facts: payout.ProviderFacts{
		Name: Name,
		// It refuses a repeated id for good, and says nothing about what "absent" proves.
		Recovery: payout.Recovery{
			RefusesRepeats: payout.Documented, MayResend: payout.Documented, AbsentMeansNotSent: payout.Undocumented,
			ResendAfter: 2 * time.Minute,
		},
	},
	// It takes our names of banks, so that it has no codes of its own.
	BankCodes: bank.Codes{Provider: Name, Member: "code", Format: regexp.MustCompile(`^[a-z-]{1,32}$`), Form: "lower-case letters"},
	Statement: statement.Mapping{
		Columns: statement.Columns{Reference: "id", ProviderID: "number", Amount: "minor", Currency: "currency", Status: "state"},
		Unit:    statement.Minor,
		Statuses: map[string]payout.Finding{
			"paid": payout.FoundSucceeded, "taken": payout.FoundProcessing, "declined": payout.FoundFailed, "returned": payout.FoundReturned,
		},
	},
	Samples: []provider.Sample{{Currency: money.KHR, Destination: toBank}, {Currency: money.USD, Destination: toBank}},

	Credentials: ParseCredentials,
	Settings:    ParseSettings,
	Rate:        func(s Settings) int { return s.QueriesPerSecond },
	Connector:   func(o Options) (payout.Connector, error) { return newClient(o) },
	Verifier: func(keys Keys, _ Settings, now func() time.Time) payout.Verifier {
		return verifier{keys, now}
	},
	Callback: sample,
})

// toBank is an account at any bank.
func toBank(banks bank.Directory) (payout.Destination, error) {
	return payout.Destination{Type: payout.BankDestination, Bank: string(banks.All()[0].Slug), AccountNumber: provider.SampleNumber}, nil
}
