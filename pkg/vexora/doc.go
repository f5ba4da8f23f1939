// Package vexora speaks the protocol of Vexora's disbursements for Cambodia: it
// pays to LANTON wallets and to banks. Requests and notifications are signed with
// MD5 over their fields. What is relied on, and where it is written, is in
// docs/providers.md; the disbursement page for Cambodia wins over everything.
package vexora
