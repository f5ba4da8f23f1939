package monetix

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/statement"
)

// Name is that of the provider on the wire and in stores.
const Name payout.Provider = "monetix"

// Provider is all that the service knows of Monetix.
var Provider = provider.New(provider.Room[Credentials, Settings]{
	Facts: payout.ProviderFacts{
		Name: Name,
		// The Gate pages say that the same request may be sent again under the same
		// payment_id when no answer came, and that payment_id is unique per project.
		// They warn that "not found" does not mean that a payout failed.
		Recovery: payout.Recovery{
			RefusesRepeats: payout.Documented, MayResend: payout.Documented, AbsentMeansNotSent: payout.Undocumented,
			ResendAfter: 5 * time.Minute,
		},
	},
	BankCodes: bank.Codes{
		// Ids of purchases differ from those of payouts; only the latter belong here.
		Provider: Name, Member: "id", Number: true, Format: regexp.MustCompile(`^[1-9][0-9]{0,17}$`), Form: "a whole number from 1",
		Sources: []bank.Source{
			"monetix-page",      // Monetix' Banks of Cambodia page
			"monetix-docs-copy", // a third party's copy of Monetix' list
		},
	},
	// The words are those of the messages; the column names are guesses that fail loudly: a file
	// without them is refused.
	Statement: statement.Mapping{
		Columns: statement.Columns{
			Reference: "payment_id", ProviderID: "request_id", Amount: "amount", Currency: "currency",
			Status: "status", Code: "code", Message: "message",
		},
		Unit: statement.Major,
		Statuses: map[string]payout.Finding{
			"success": payout.FoundSucceeded, "processing": payout.FoundProcessing,
			"decline": payout.FoundFailed, "reversed": payout.FoundReturned,
		},
	},
	SettingsVerify: true, // by callback_members
	Samples:        []provider.Sample{{Currency: money.KHR, Destination: toBank}},

	Credentials: ParseCredentials,
	Settings:    ParseSettings,
	Rate:        func(s Settings) int { return s.QueriesPerSecond },
	Connector:   func(o Options) (payout.Connector, error) { return NewClient(o) },
	Verifier: func(keys Keys, settings Settings, now func() time.Time) payout.Verifier {
		return NewVerifier(keys, settings, now)
	},
	Callback: SampleCallback,
})

// toBank is an account at the first bank that is enabled.
func toBank(banks bank.Directory) (payout.Destination, error) {
	all := banks.All()
	i := slices.IndexFunc(all, func(b bank.Bank) bool { return b.Routes[Name].Enabled })
	if i < 0 {
		return payout.Destination{}, fmt.Errorf("monetix: no bank is enabled: %w", secrets.ErrNotConfigured)
	}
	return payout.Destination{Type: payout.BankDestination, Bank: string(all[i].Slug), AccountNumber: provider.SampleNumber}, nil
}
