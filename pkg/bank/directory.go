package bank

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// ErrDirectory marks every fault of the directory's data or of an override.
var ErrDirectory = errors.New("bank directory")

// Directory is an immutable set of banks. The zero value is empty.
type Directory struct {
	banks map[Slug]Bank
}

// Default is the directory that ships with the service. An error means that the
// build is broken, not the configuration.
func Default() (Directory, error) {
	banks, err := readDirectory(directoryCSV)
	if err != nil {
		return Directory{}, err
	}
	return newDirectory(banks)
}

// Lookup finds a bank, enabled or not: whether a provider may be used for it is
// for that provider's connector to decide.
func (d Directory) Lookup(slug Slug) (Bank, bool) {
	b, ok := d.banks[slug]
	return b, ok
}

// All lists the banks, sorted by slug.
func (d Directory) All() []Bank {
	return slices.SortedFunc(maps.Values(d.banks), func(x, y Bank) int {
		return cmp.Compare(x.Slug, y.Slug)
	})
}

// newDirectory checks the set as a whole and takes ownership of the map.
func newDirectory(banks map[Slug]Bank) (Directory, error) {
	d := Directory{banks: banks}
	var faults []error
	for _, b := range d.All() {
		faults = append(faults, b.faults()...)
	}
	faults = append(faults, d.sharedCodes()...)
	if len(faults) > 0 {
		return Directory{}, errors.Join(faults...)
	}
	return d, nil
}

// faults lists everything that is wrong with one row.
func (b Bank) faults() []error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("%w: %q: %s", ErrDirectory, b.Slug, fmt.Sprintf(format, args...)))
		}
	}
	require(slugFormat.MatchString(string(b.Slug)), "a slug is 2 to 40 of a-z, 0-9 and -")
	require(nameFits(b.Name), "a name of 1 to %d printable characters is needed", maxName)
	require(b.Vexora.Code == "" || vexoraCodeFormat.MatchString(string(b.Vexora.Code)),
		"the Vexora code %q is not four digits", b.Vexora.Code)
	require(b.Monetix.ID >= 0, "the Monetix id %d is negative", b.Monetix.ID)
	require(!b.Vexora.Enabled || b.Vexora.Code != "", "Vexora cannot be enabled without a code")
	require(!b.Monetix.Enabled || b.Monetix.ID != 0, "Monetix cannot be enabled without an id")
	return faults
}

// sharedCodes refuses one enabled code for two banks: whichever slug a merchant
// picks, one of the two would pay a stranger. Codes that are off may collide,
// because an override often corrects a list that was wrong.
func (d Directory) sharedCodes() []error {
	var faults []error
	vexora, monetix := map[VexoraCode]Slug{}, map[MonetixID]Slug{}
	for _, b := range d.All() {
		if first, taken := vexora[b.Vexora.Code]; b.Vexora.Enabled && taken {
			faults = append(faults, shared("Vexora code", b.Vexora.Code, first, b.Slug))
		}
		if first, taken := monetix[b.Monetix.ID]; b.Monetix.Enabled && taken {
			faults = append(faults, shared("Monetix id", b.Monetix.ID, first, b.Slug))
		}
		if b.Vexora.Enabled {
			vexora[b.Vexora.Code] = b.Slug
		}
		if b.Monetix.Enabled {
			monetix[b.Monetix.ID] = b.Slug
		}
	}
	return faults
}

func shared(what string, code any, first, second Slug) error {
	return fmt.Errorf("%w: %q and %q are both enabled with %s %v", ErrDirectory, first, second, what, code)
}

func nameFits(name string) bool {
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName
}
