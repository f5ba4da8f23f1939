package monetix

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
)

// ErrNotConfigured says that the secret is still the template's placeholder.
var ErrNotConfigured = fmt.Errorf("monetix: %w", secrets.ErrNotConfigured)

// Credentials are those of one project. Test and live projects share hosts and
// paths; only these differ.
type Credentials struct {
	BaseURL   *url.URL
	ProjectID int64
	Secret    secrets.Secret
}

// What every room does alike, over these credentials and settings.
type (
	// Keys are rotating credentials; *secrets.Cache is one.
	Keys = provider.Keys[Credentials]
	// Options are the parts of a client.
	Options = provider.Parts[Credentials, Settings]
	// URLRules say which addresses besides https are acceptable.
	URLRules = provider.URLRules
)

// maxProjectID is the upper bound of the Gate schema.
const maxProjectID = 4294967295

// ParseCredentials reads the secret's document:
//
//	{"base_url": "https://…", "project_id": 1234, "secret_key": "…"}
//
// It reports every fault at once, and no error holds a part of the document.
func ParseCredentials(document []byte, rules URLRules) (Credentials, error) {
	if secrets.IsPlaceholder(string(document)) {
		return Credentials{}, ErrNotConfigured
	}
	tree, err := jsontree.Parse(document, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return Credentials{}, errors.New("monetix secret: must be a JSON object")
	}
	var faults []error
	fault := func(message string) { faults = append(faults, errors.New("monetix secret: "+message)) }
	known := []string{"base_url", "project_id", "secret_key"}
	for _, m := range tree.Members() {
		if !slices.Contains(known, m.Name) {
			fault(fmt.Sprintf("has a member that is none of %v", known))
		}
	}
	base, err := rules.BaseURL(textOf(tree, "base_url"))
	if err != nil {
		fault("base_url " + err.Error())
	}
	project, _ := tree.Member("project_id")
	id, ok := project.Int64()
	if !ok || id < 1 || id > maxProjectID {
		fault("project_id must be a whole number from 1")
	}
	key := textOf(tree, "secret_key")
	if key == "" || strings.TrimSpace(key) != key {
		fault("secret_key must be text without blanks around it")
	}
	if len(faults) > 0 {
		return Credentials{}, errors.Join(faults...)
	}
	return Credentials{BaseURL: base, ProjectID: id, Secret: secrets.New(key)}, nil
}

// textOf reads a text member, "" for none.
func textOf(v jsontree.Value, name string) string {
	member, _ := v.Member(name)
	text, _ := member.Text()
	return text
}

// Settings are the member "monetix" of PROVIDER_SETTINGS. The banks that the account
// manager adds are in the member "banks".
//
//	{"callback_members": ["terminal"], "queries_per_second": 0}
type Settings struct {
	// CallbackMembers are top-level members that callbacks of this project have beside the
	// documented ones: support can configure the format. A callback with any other member
	// is kept, and not believed.
	CallbackMembers []string
	// QueriesPerSecond is how many status queries about payouts one process sends in a second at
	// most; 0 for as many as are due. No page names a limit.
	QueriesPerSecond int
}

// DefaultSettings take nothing for granted that the page does not say.
func DefaultSettings() Settings { return Settings{} }

// mostCallbackMembers bounds what may be agreed on.
const mostCallbackMembers = 20

// ParseSettings refuses every member that it does not know, since a misspelt one would
// change nothing and look as if it did.
func ParseSettings(raw []byte) (Settings, error) {
	if len(raw) == 0 {
		return Settings{}, nil
	}
	tree, err := jsontree.Parse(raw, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return Settings{}, errors.New("monetix settings: must be a JSON object")
	}
	var faults []error
	for _, m := range tree.Members() {
		if m.Name != "callback_members" && m.Name != "queries_per_second" {
			faults = append(faults, errors.New(`monetix settings: has a member that is not "callback_members" or "queries_per_second"`))
		}
	}
	s := Settings{}
	if list, there := tree.Member("callback_members"); there {
		s.CallbackMembers, err = callbackMembers(list)
		faults = append(faults, err)
	}
	if rate, there := tree.Member("queries_per_second"); there {
		n, whole := rate.Int64()
		if !whole || n < 0 || n > 1000 {
			faults = append(faults, errors.New("monetix settings: queries_per_second must be a whole number from 0 to 1000"))
		}
		s.QueriesPerSecond = int(n)
	}
	return s, errors.Join(faults...)
}

// callbackMembers reads a list of names. What marks another message than a callback cannot
// be among them: a request, a payment page, the answer to a status query.
func callbackMembers(list jsontree.Value) ([]string, error) {
	var names []string
	ok := list.Kind() == jsontree.Array && list.Len() <= mostCallbackMembers
	for _, each := range list.Elements() {
		name, _ := each.Text()
		other := name == "operations" || slices.ContainsFunc(others, func(p place) bool { return p.path[0] == name })
		ok = ok && plainName.MatchString(name) && len(name) <= 64 && !other && !slices.Contains(names, name)
		names = append(names, name)
	}
	if !ok {
		return nil, fmt.Errorf("monetix settings: callback_members must be at most %d different names of 1 to 64 letters, digits, _ and -, and not general, payment_id or operations",
			mostCallbackMembers)
	}
	return names, nil
}
