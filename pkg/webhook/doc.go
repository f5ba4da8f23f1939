// Package webhook delivers events to the merchant's endpoint, as the Standard
// Webhooks specification (https://www.standardwebhooks.com) has it: an id that
// stays the same in every attempt, the time of the attempt, and a signature over
// both and the body.
//
// The address comes from a secret that the merchant writes, and the function that
// delivers stands inside an AWS account. So an address is refused, at the moment
// of the connection, if it is not a public one: otherwise a name that resolves to
// the metadata service would make the function read out its own credentials.
package webhook
