package bank

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// ErrDirectory marks every fault of the directory's data or of an override.
var ErrDirectory = errors.New("bank directory")

// Directory is an immutable set of banks, and how each provider names them. The zero value is
// empty.
type Directory struct {
	banks map[Slug]Bank
	codes []Codes
}

// Default is the directory that ships with the service, as far as these providers go. An error
// means that the build is broken, not the configuration.
func Default(codes ...Codes) (Directory, error) {
	banks, err := readDirectory(directoryCSV, codes)
	if err != nil {
		return Directory{}, err
	}
	return newDirectory(banks, codes)
}

// Lookup finds a bank, enabled or not: whether a provider may be used for it is
// for that provider's connector to decide. What it returns is the caller's: changing the routes
// changes no directory.
func (d Directory) Lookup(slug Slug) (Bank, bool) {
	b, ok := d.banks[slug]
	b.Routes = maps.Clone(b.Routes)
	return b, ok
}

// All lists the banks, sorted by slug.
func (d Directory) All() []Bank {
	var all []Bank
	for _, slug := range slices.Sorted(maps.Keys(d.banks)) {
		b, _ := d.Lookup(slug)
		all = append(all, b)
	}
	return all
}

// newDirectory checks the set as a whole and takes ownership of the map.
func newDirectory(banks map[Slug]Bank, codes []Codes) (Directory, error) {
	d := Directory{banks: banks, codes: codes}
	var faults []error
	for _, b := range d.All() {
		faults = append(faults, b.faults(codes)...)
	}
	for _, c := range codes {
		faults = append(faults, d.sharedCodes(c)...)
	}
	if len(faults) > 0 {
		return Directory{}, errors.Join(faults...)
	}
	return d, nil
}

// faults lists everything that is wrong with one row.
func (b Bank) faults(codes []Codes) []error {
	var faults []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf("%w: %q: %s", ErrDirectory, b.Slug, fmt.Sprintf(format, args...)))
		}
	}
	require(slugFormat.MatchString(string(b.Slug)), "a slug is 2 to 40 of a-z, 0-9 and -")
	require(nameFits(b.Name), "a name of 1 to %d printable characters is needed", maxName)
	for _, c := range codes {
		r := b.Routes[c.Provider]
		require(r.Code == "" || c.Format.MatchString(string(r.Code)), "%s is %q and not %s", c.column(c.Member), r.Code, c.Form)
		require(!r.Enabled || r.Code != "", "%s needs %s", c.column("enabled"), c.column(c.Member))
	}
	return faults
}

// sharedCodes refuses one enabled code for two banks: whichever slug a merchant
// picks, one of the two would pay a stranger. Codes that are off may collide,
// because an override often corrects a list that was wrong.
func (d Directory) sharedCodes(c Codes) []error {
	var faults []error
	taken := map[Code]Slug{}
	for _, b := range d.All() {
		r := b.Routes[c.Provider]
		if !r.Enabled {
			continue
		}
		if first, is := taken[r.Code]; is {
			faults = append(faults, fmt.Errorf("%w: %q and %q are both enabled with %s %s", ErrDirectory, first, b.Slug, c.column(c.Member), r.Code))
		}
		taken[r.Code] = b.Slug
	}
	return faults
}

// nameFits keeps control and direction marks out of a name that a merchant's own setting brings: it
// is shown in lists.
func nameFits(name string) bool {
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName
}
