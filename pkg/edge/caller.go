package edge

import (
	"strings"
	"unicode"

	"cambodia-payouts/pkg/payout"
)

// principal is who signed the request: the token's subject, or the IAM user or
// role. Two sessions of one role are one principal, or anybody could be two
// people by signing in twice; so are all federated users of an account. It stands in created_by and
// in histories, and failures are counted by it. It is not what makes two people two: for that the
// register is asked (decision 0014).
func principal(e Event) payout.Principal {
	by, _ := caller(e)
	return by
}

// caller is the principal of a request, and what the register of people may know who
// called by, the most telling identity first. A name that its bearer chose is no
// identity: of a session only the role is left, unless IAM Identity Center has named
// the session after its user.
func caller(e Event) (by payout.Principal, identities []payout.Principal) {
	authorizer := e.RequestContext.Authorizer
	// The gateway checked the signature or the token, and it alone writes the authorizer. No header
	// or member of a request is ever taken for an identity.
	switch {
	case authorizer == nil:
		return "", nil
	case authorizer.JWT != nil:
		return ofToken(authorizer.JWT.Claims)
	case authorizer.IAM != nil:
		return ofARN(authorizer.IAM.UserARN)
	}
	return "", nil
}

// ofToken names the issuer too: two issuers may give one subject to two people. A subject
// stands in histories without its issuer only if it can be mistaken for nothing else. One of
// which nothing is seen is none.
func ofToken(claims map[string]string) (payout.Principal, []payout.Principal) {
	issuer, subject := claims["iss"], claims["sub"]
	if strings.TrimFunc(subject, payout.Unseen) == "" {
		return "", nil
	}
	by, identity := payout.Principal(subject), payout.Principal(issuer+"|"+subject)
	if mistakable(subject) {
		by = identity
	}
	if issuer == "" {
		return by, nil
	}
	return by, []payout.Principal{identity}
}

// mistakable reports whether a subject reads as a user of AWS, or as somebody of another
// issuer. What is not seen does not tell two texts apart for whoever reads a history. Such a
// subject keeps its issuer in histories, so that no token can sign as a role.
func mistakable(subject string) bool {
	seen := strings.Map(func(r rune) rune {
		if payout.Unseen(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, subject)
	return strings.Contains(seen, "arn:") || strings.Contains(seen, "://") // issuers are addresses
}

// ssoRole begins the name of every role that IAM Identity Center makes. IAM Identity Center names
// the sessions of these roles after its users, and nobody else can assume such a role. So the name
// of the session is an identity here, and nowhere else.
const ssoRole = "AWSReservedSSO_"

// ofARN keeps a session's name only where its bearer did not choose it. Even then the role is the
// principal, and the session one of the identities: the register may name either, and a pause
// counts all who share the role as one caller.
func ofARN(arn string) (payout.Principal, []payout.Principal) {
	if arn == "" {
		return "", nil
	}
	signer, name := signerOf(arn)
	by := payout.Principal(signer)
	if strings.HasPrefix(name, ssoRole) {
		return by, []payout.Principal{payout.Principal(arn), by}
	}
	return by, []payout.Principal{by}
}

// signerOf is an ARN without what its bearer chose: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
// becomes arn:aws:iam::ACCOUNT:role/ROLE, with the role's name beside it, and
// arn:aws:sts::ACCOUNT:federated-user/NAME loses the name, so that whoever asks for such tokens
// is one caller for the circuit breaker and the limits of the log, not as many as he likes.
func signerOf(arn string) (signer, role string) {
	parts := strings.SplitN(arn, ":", 6)
	// Users and root are named by IAM, in which their bearers chose nothing.
	if len(parts) != 6 || parts[2] != "sts" {
		return arn, ""
	}
	kind, names, _ := strings.Cut(parts[5], "/")
	switch kind {
	case "assumed-role":
		role, _, _ = strings.Cut(names, "/")
		return strings.Join([]string{parts[0], parts[1], "iam", "", parts[4], "role/" + role}, ":"), role
	case "federated-user":
		return strings.TrimSuffix(arn, "/"+names), ""
	}
	return arn, ""
}
