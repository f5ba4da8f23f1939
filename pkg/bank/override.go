package bank

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cambodia-payouts/pkg/payout"
)

// Override is what a merchant changes about one bank, the object behind a slug
// in PROVIDER_SETTINGS:
//
//	{"banks": {"aba": {"vexora_code": "0001", "vexora_enabled": true}}}
//
// A member that is left out changes nothing. A slug that the directory does not
// have adds a bank, and then the name is required.
type Override map[string]json.RawMessage

// With returns the directory with the overrides applied, or every fault in them
// at once. The receiver stays as it is.
func (d Directory) With(overrides map[Slug]Override) (Directory, error) {
	if len(overrides) == 0 {
		return d, nil
	}
	banks := map[Slug]Bank{}
	for slug, b := range d.banks {
		b.Routes = maps.Clone(b.Routes)
		banks[slug] = b
	}
	var faults []error
	for _, slug := range slices.Sorted(maps.Keys(overrides)) { // sorted for a stable report
		b, found := d.change(banks[slug], overrides[slug])
		for _, fault := range found {
			faults = append(faults, fmt.Errorf("%w: %q: %s", ErrDirectory, slug, fault))
		}
		b.Slug = slug
		banks[slug] = b
	}
	changed, err := newDirectory(banks, d.codes)
	if err := errors.Join(append(faults, err)...); err != nil {
		return Directory{}, err
	}
	return changed, nil
}

// change applies an override, and finds what the finished row would not show: a member that
// nobody knows, or a code that is written as empty or zero, which looks like one that was never
// there and would switch a route off silently.
func (d Directory) change(b Bank, o Override) (Bank, []string) {
	var faults []string
	routes := map[string]bool{}
	for _, codes := range d.codes {
		route, found := codes.change(b.Routes[codes.Provider], o)
		if faults = append(faults, found...); route != (Route{}) {
			b = b.with(codes, route)
		}
		routes[codes.column(codes.Member)], routes[codes.column("enabled")] = true, true
	}
	for _, member := range slices.Sorted(maps.Keys(o)) {
		switch {
		case routes[member]:
		case member != "name":
			faults = append(faults, fmt.Sprintf("a member is none of %v", append(slices.Sorted(maps.Keys(routes)), "name")))
		case json.Unmarshal(o[member], &b.Name) != nil || !isText(o[member]):
			faults = append(faults, "the name is no text")
		}
	}
	return b, faults
}

// change applies the two members of one provider. A code that cannot be read keeps the one of
// before, so that one fault is not told as two; the directory is refused all the same.
func (c Codes) change(r Route, o Override) (Route, []string) {
	var faults []string
	if raw, there := o[c.column(c.Member)]; there {
		text := strings.TrimSpace(string(raw))
		if !c.Number && (!isText(raw) || json.Unmarshal(raw, &text) != nil) || c.Number && isText(raw) {
			faults = append(faults, fmt.Sprintf("%s must be %s", c.column(c.Member), c.kind()))
			text = string(r.Code)
		}
		if text == "" || c.Number && text == "0" {
			faults = append(faults, fmt.Sprintf("%s is empty", c.column(c.Member)))
		}
		r.Code, r.Source = Code(text), MerchantSettings
	}
	if raw, there := o[c.column("enabled")]; there && json.Unmarshal(raw, &r.Enabled) != nil {
		faults = append(faults, c.column("enabled")+" must be true or false")
	}
	return r, faults
}

func (c Codes) kind() string {
	if c.Number {
		return "a number"
	}
	return "text"
}

func isText(raw json.RawMessage) bool { return strings.HasPrefix(strings.TrimSpace(string(raw)), `"`) }

// with copies the routes first: the directory that is being changed stays as it is.
func (b Bank) with(c Codes, r Route) Bank {
	routes := maps.Clone(b.Routes)
	if routes == nil {
		routes = map[payout.Provider]Route{}
	}
	routes[c.Provider] = r
	b.Routes = routes
	return b
}
