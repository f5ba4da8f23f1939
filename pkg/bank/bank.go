package bank

import "regexp"

// Slug is our name of a bank, the one that merchants write into a request. It
// never changes once published.
type Slug string

// VexoraCode is a bank code of Vexora's Cambodia appendix, four digits with
// leading zeros. It is a type of its own because Vexora's payout statuses look
// the same: 0015 is KB Prasac Bank here and "processing" there.
type VexoraCode string

// MonetixID is what Monetix calls account.bank_id. Its ids for purchases differ
// from those for payouts; only the latter belong here.
type MonetixID int64

// Source says where a code was read and so how much it weighs.
type Source string

// The sources, heaviest first.
const (
	MerchantSettings Source = "merchant-settings"  // the merchant's own override
	MonetixPage      Source = "monetix-page"       // Monetix' Banks of Cambodia page
	MonetixDocsCopy  Source = "monetix-docs-copy"  // a third party's copy of Monetix' list
	VexoraThirdParty Source = "vexora-third-party" // a public integration citing Vexora's list
)

// Bank is one destination.
type Bank struct {
	Slug    Slug
	Name    string
	Vexora  VexoraRoute
	Monetix MonetixRoute
}

// VexoraRoute is how Vexora reaches the bank. Code is empty when no code is
// known, and then Enabled is false.
type VexoraRoute struct {
	Code    VexoraCode
	Enabled bool
	Source  Source
}

// MonetixRoute is how Monetix reaches the bank. ID is 0 when no id is known, and
// then Enabled is false.
type MonetixRoute struct {
	ID      MonetixID
	Enabled bool
	Source  Source
}

// maxName bounds a name that an override brings; names are shown, never sent.
const maxName = 100

var (
	slugFormat       = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)
	vexoraCodeFormat = regexp.MustCompile(`^[0-9]{4}$`)
)
