package vexora

import (
	"fmt"
	"regexp"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/statement"
)

// Name is that of the provider on the wire and in stores.
const Name payout.Provider = "vexora"

// Provider is all that the service knows of Vexora.
var Provider = provider.New(provider.Room[Credentials, Settings]{
	Facts: payout.ProviderFacts{
		Name: Name,
		// The page asks for a unique tradeNo and is silent about a repeated one, and
		// about the answer to a status query for a tradeNo that is not there.
		Recovery: payout.Recovery{
			RefusesRepeats: payout.Undocumented, MayResend: payout.Undocumented, AbsentMeansNotSent: payout.Undocumented,
		},
		Wallets: true, // Lanton is the one wallet that a page names
	},
	BankCodes: bank.Codes{
		Provider: Name, Member: "code", Format: regexp.MustCompile(`^[0-9]{4}$`), Form: "four digits",
		Sources: []bank.Source{"vexora-third-party"}, // a public integration that cites Vexora's list
	},
	// The words are those of the messages; the column names are guesses that fail loudly: a file
	// without them is refused.
	Statement: statement.Mapping{
		Columns: statement.Columns{
			Reference: "tradeNo", ProviderID: "platFormTradeNo", Amount: "amount", Currency: "currency",
			Status: "status", Message: "message",
		},
		Unit: statement.Major,
		Statuses: map[string]payout.Finding{
			"0000": payout.FoundSucceeded, "0015": payout.FoundProcessing, "00029": payout.FoundFailed,
		},
	},
	Samples: []provider.Sample{{Currency: money.KHR, Destination: toWallet}, {Currency: money.USD, Destination: toWallet}},

	Credentials: ParseCredentials,
	Settings:    ParseSettings,
	Rate:        func(s Settings) int { return s.QueriesPerSecond },
	Connector:   func(o Options) (payout.Connector, error) { return NewClient(o) },
	Verifier: func(keys Keys, _ Settings, now func() time.Time) payout.Verifier {
		return NewVerifier(keys, now)
	},
	Callback: sampleOf,
})

// toWallet is a Lanton wallet, which needs no setting.
func toWallet(bank.Directory) (payout.Destination, error) {
	return payout.Destination{
		Type: payout.WalletDestination, Wallet: payout.Lanton,
		AccountID: "lanton_" + provider.SampleNumber, AccountNumber: provider.SampleNumber,
	}, nil
}

// sampleOf signs a notification with the account of the payout's currency.
func sampleOf(held Credentials, p payout.Payout) ([]byte, error) {
	account, has := held[p.Amount.Currency()]
	if !has {
		return nil, fmt.Errorf("vexora has no account in %s: %w", p.Amount.Currency(), secrets.ErrNotConfigured)
	}
	return SampleNotification(account, p)
}
