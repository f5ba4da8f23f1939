package bank

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Override is what a merchant changes about one bank, the object behind a slug
// in PROVIDER_SETTINGS:
//
//	{"banks": {"aba": {"vexora_code": "0001", "vexora_enabled": true}}}
//
// A member that is left out changes nothing. A slug that the directory does not
// have adds a bank, and then the name is required.
type Override struct {
	Name           *string     `json:"name"`
	VexoraCode     *VexoraCode `json:"vexora_code"`
	VexoraEnabled  *bool       `json:"vexora_enabled"`
	MonetixID      *MonetixID  `json:"monetix_id"`
	MonetixEnabled *bool       `json:"monetix_enabled"`
}

// With returns the directory with the overrides applied, or every fault in them
// at once. The receiver stays as it is.
func (d Directory) With(overrides map[Slug]Override) (Directory, error) {
	banks := maps.Clone(d.banks)
	if banks == nil {
		banks = map[Slug]Bank{}
	}
	var faults []error
	for _, slug := range slices.Sorted(maps.Keys(overrides)) { // sorted for a stable report
		o := overrides[slug]
		faults = append(faults, o.faults(slug)...)
		b := banks[slug]
		b.Slug = slug
		banks[slug] = o.apply(b)
	}
	changed, err := newDirectory(banks)
	if err := errors.Join(append(faults, err)...); err != nil {
		return Directory{}, err
	}
	return changed, nil
}

// faults finds what the finished row no longer shows: a code written as empty or
// zero looks like one that was never there, and would switch a route off silently.
func (o Override) faults(slug Slug) []error {
	var faults []error
	if o.VexoraCode != nil && *o.VexoraCode == "" {
		faults = append(faults, fmt.Errorf("%w: %q: the Vexora code is empty", ErrDirectory, slug))
	}
	if o.MonetixID != nil && *o.MonetixID == 0 {
		faults = append(faults, fmt.Errorf("%w: %q: the Monetix id is zero", ErrDirectory, slug))
	}
	return faults
}

func (o Override) apply(b Bank) Bank {
	if o.Name != nil {
		b.Name = *o.Name
	}
	if o.VexoraCode != nil {
		b.Vexora.Code, b.Vexora.Source = *o.VexoraCode, MerchantSettings
	}
	if o.VexoraEnabled != nil {
		b.Vexora.Enabled = *o.VexoraEnabled
	}
	if o.MonetixID != nil {
		b.Monetix.ID, b.Monetix.Source = *o.MonetixID, MerchantSettings
	}
	if o.MonetixEnabled != nil {
		b.Monetix.Enabled = *o.MonetixEnabled
	}
	return b
}
