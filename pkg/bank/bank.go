package bank

import (
	"regexp"
	"slices"

	"cambodia-payouts/pkg/payout"
)

// Slug is our name of a bank, the one that merchants write into a request. It
// never changes once published. It stands in merchants' own code.
type Slug string

// Code is what one provider calls a bank, as text. Codes of two providers look alike, and like
// other things of theirs: 0015 is KB Prasac Bank at Vexora, and "processing" there.
type Code string

// Codes says how one provider names banks.
type Codes struct {
	Provider payout.Provider
	// Member is the last part of the name of the column and of the setting that hold a code:
	// "code" for vexora_code.
	Member string
	// Number says that the setting is a JSON number, not text.
	Number bool
	// Format is that of every code, and Form what to call it: "four digits".
	Format *regexp.Regexp
	Form   string
	// Sources are those that codes of the embedded directory may have.
	Sources []Source
}

// column is both a column of directory.csv and a member of PROVIDER_SETTINGS, so that a merchant
// can copy a row.
func (c Codes) column(part string) string { return string(c.Provider) + "_" + part }

// Source says where a code was read and so how much it weighs. Each provider says which sources its
// codes may have; see Codes.
type Source string

// MerchantSettings is the source of what the merchant's own override brings.
const MerchantSettings Source = "merchant-settings"

// Bank is one destination.
type Bank struct {
	Slug   Slug
	Name   string
	Routes map[payout.Provider]Route
}

// Route is how a provider reaches the bank. Code is empty when no code is known, and then Enabled
// is false.
type Route struct {
	Code    Code
	Enabled bool
	Source  Source
}

// maxName bounds a name that an override brings; names are shown, never sent.
const maxName = 100

var slugFormat = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)

// trusts keeps a source that is misspelt, or that nobody has judged, out of the embedded table.
func (c Codes) trusts(s Source) bool { return slices.Contains(c.Sources, s) }
