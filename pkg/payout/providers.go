package payout

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Provider is a company that sends money for us, by its name on the wire and in stores.
type Provider string

// ProviderFacts is what decides about money at one provider.
type ProviderFacts struct {
	// Name is 1 to 32 lower-case letters and digits. It is stored, so it never changes.
	Name Provider
	// Recovery is what its pages say about payouts that were lost.
	Recovery Recovery
	// Wallets says that a wallet that names no provider is paid by it.
	Wallets bool
}

var providerName = regexp.MustCompile(`^[a-z][a-z0-9]{0,31}$`)

// registered are the providers in the order of the wiring, which never changes after a start.
var registered []ProviderFacts

// Register makes a provider known. The wiring calls it with each of its rows while the program
// starts, before anything reads the list. It panics on what only a programmer can get wrong: a name
// that could not be stored, or that is taken.
func Register(f ProviderFacts) {
	if !providerName.MatchString(string(f.Name)) || Known(f.Name) {
		panic(fmt.Sprintf("payout: the provider %q cannot be registered", f.Name))
	}
	registered = append(registered, f)
}

// Providers lists the providers that are registered.
func Providers() []Provider {
	names := make([]Provider, len(registered))
	for i, f := range registered {
		names[i] = f.Name
	}
	return names
}

// Known reports whether a provider is registered. What another version of the service has stored
// may name one that is not.
func Known(name Provider) bool {
	return slices.ContainsFunc(registered, func(f ProviderFacts) bool { return f.Name == name })
}

// facts are those of one provider. Of one that is not registered nothing is documented.
func (p Provider) facts() ProviderFacts {
	at := slices.IndexFunc(registered, func(f ProviderFacts) bool { return f.Name == p })
	if at < 0 {
		return ProviderFacts{Name: p, Recovery: Recovery{Undocumented, Undocumented, Undocumented, 0}}
	}
	return registered[at]
}

// payersOfWallets lists the providers that wallets go by.
func payersOfWallets() []Provider {
	return slices.DeleteFunc(Providers(), func(p Provider) bool { return !p.facts().Wallets })
}

// AProvider lists the names that a request may have: `"vexora" or "monetix"`.
func AProvider() string {
	quoted := []string{}
	for _, f := range registered {
		quoted = append(quoted, strconv.Quote(string(f.Name)))
	}
	return strings.Join(quoted, " or ")
}
