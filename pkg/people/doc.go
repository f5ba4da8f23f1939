// Package people holds the register of people: which principals are one person.
// Orders that could pay twice take two people, and a principal is not a person: one
// person may have a role, a user and a token, and whoever may assume a role chooses
// the name of the session.
//
// The register is a secret, because who writes it decides who may order. A principal
// is accepted only if somebody else than its bearer has named it: a role, a user, a
// session of IAM Identity Center, or a token of an issuer.
package people
