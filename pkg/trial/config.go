//go:build trial

package trial

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
)

// ErrNotConfigured says that the secret is still the template's placeholder. Whoever meets it
// leaves the provider out, which is no failure of the function.
var ErrNotConfigured = fmt.Errorf("trial: %w", secrets.ErrNotConfigured)

// Credentials are those of one account. Account goes out with every request, and is the name
// under which the domain remembers where an attempt was sent (decision 0027).
type Credentials struct {
	BaseURL *url.URL
	Account string
	Secret  secrets.Secret
}

// What every room does alike, over these credentials and settings.
type (
	// Keys are rotating credentials; *secrets.Cache is one.
	Keys = provider.Keys[Credentials]
	// Options are the parts of a client.
	Options = provider.Parts[Credentials, Settings]
)

// ParseCredentials reads the secret's document:
//
//	{"base_url": "https://…", "account": "…", "key": "…"}
//
// It reports every fault at once, and no error holds a part of the document. A member that nobody
// knows is a fault, since it is a misspelt one most often, and a key that is not read would be
// missed only when it is needed.
func ParseCredentials(document []byte, rules provider.URLRules) (Credentials, error) {
	if secrets.IsPlaceholder(string(document)) {
		return Credentials{}, ErrNotConfigured
	}
	tree, err := jsontree.Parse(document, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return Credentials{}, errors.New("trial secret: must be a JSON object")
	}
	var faults []error
	base, err := rules.BaseURL(text(tree, "base_url"))
	if err != nil {
		faults = append(faults, fmt.Errorf("trial secret: base_url %w", err))
	}
	c := Credentials{BaseURL: base, Account: text(tree, "account"), Secret: secrets.New(text(tree, "key"))}
	if c.Account == "" || c.Secret.IsZero() {
		faults = append(faults, errors.New("trial secret: account and key must be text"))
	}
	if tree.Len() > 3 {
		faults = append(faults, errors.New("trial secret: has a member that is none of base_url, account and key"))
	}
	return c, errors.Join(faults...)
}

// text reads a text member, "" for none.
func text(v jsontree.Value, name string) string {
	member, _ := v.Member(name)
	written, _ := member.Text()
	return written
}

// Settings are the member "trial" of PROVIDER_SETTINGS. An object without the member, or no
// object, means the defaults.
type Settings struct {
	// QueriesPerSecond is how many status queries about payouts one process sends in a second at
	// most; 0 for as many as are due.
	QueriesPerSecond int `json:"queries_per_second"`
}

// ParseSettings reads the object; no text at all means the defaults.
func ParseSettings(raw []byte) (s Settings, err error) {
	if len(raw) == 0 {
		return s, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("trial settings: %w", err)
	}
	if s.QueriesPerSecond < 0 || s.QueriesPerSecond > 1000 {
		return Settings{}, errors.New("trial settings: queries_per_second must be a whole number from 0 to 1000")
	}
	return s, nil
}
