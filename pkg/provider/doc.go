// Package provider says what a provider of payouts brings to the service, as one value, and
// holds what every provider's room does alike: reading addresses, asking for keys.
//
// A room under pkg/ exports one [Provider], made by [New] from its own types of credentials and
// settings. The wiring has a row for it, and nothing else names it.
package provider
