// Package bank is the directory of destination banks: our own slug for each, and
// what Vexora and Monetix call it.
//
// The directory is embedded data with a source for every code. Only codes that
// stand on a provider's own Cambodia page are enabled; a code that a third party
// published is listed and stays off until the merchant, who can ask the account
// manager, switches it on by an [Override]. Wallets are not banks and are absent.
package bank
