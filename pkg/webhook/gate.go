package webhook

import (
	"errors"
	"net/netip"

	"code.dny.dev/ssrf"
)

// errAddress refuses a connection to an address that is not public.
var errAddress = errors.New("webhook: the address is not a public one")

// gate judges the addresses that are connected to.
type gate struct {
	guardian *ssrf.Guardian
	rules    Rules
}

// newGate returns a gate by the registries of special addresses that IANA keeps, as the
// library has them. A merchant's endpoint may have any port.
func newGate(rules Rules) gate { return gate{ssrf.New(ssrf.WithAnyPort()), rules} }

// permit judges the address that is being connected to, after names were resolved: a name
// leads wherever its owner likes.
func (g gate) permit(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errAddress
	}
	ip := at.Addr().Unmap() // ::ffff:127.0.0.1 is this machine too
	if g.rules.AllowInsecure && (ip.IsLoopback() || ip.IsPrivate()) {
		return nil
	}
	if g.guardian.SafeAddr(ip) != nil {
		return errAddress
	}
	return nil
}
