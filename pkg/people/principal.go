package people

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"cambodia-payouts/pkg/payout"
)

// ssoPrefix begins the names of the roles that IAM Identity Center makes. It names
// their sessions after its users, and nobody else can assume these roles.
const ssoPrefix = "AWSReservedSSO_"

// The reasons for refusing a principal. They say why, and hold no part of it.
var (
	errForm = errors.New("must be the ARN of a role, of a user or of a session of an " + ssoPrefix + "* role, or issuer|sub of a token")
	errRoot = errors.New("is a root user, who stands for everybody with that password; register a role or a user")
	errName = errors.New("is not a well-formed ARN of a role, a user or a session")

	errSession = errors.New("is a session of a role, and whoever assumes a role chooses the name of the session; " +
		"register the role (sessions are accepted of " + ssoPrefix + "* roles alone)")
	errFederated = errors.New("is a federated user, whose name is chosen by whoever asks for the token; register a role or a user")
	errToken     = errors.New("must be issuer|sub of a token: an https address without query and fragment, a |, and the subject without blanks around it")
)

// mostPrincipal is the most bytes of a principal; it is kept with what its person proposes.
const mostPrincipal = 512

var errLong = fmt.Errorf("must not be longer than %d bytes", mostPrincipal)

var (
	arnFormat = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):(iam|sts)::([0-9]{12}):(.+)$`)
	// A path tells nothing: IAM gives a name to one role and to one user of an account.
	namedFormat   = regexp.MustCompile(`^(role|user)/(?:[A-Za-z0-9_+=,.@-]+/)*([A-Za-z0-9_+=,.@-]{1,64})$`)
	sessionFormat = regexp.MustCompile(`^assumed-role/([A-Za-z0-9_+=,.@-]{1,64})/([A-Za-z0-9_+=,.@-]{2,64})$`)
)

// canonical is the one form of a principal that may be in a register. What bears a
// name of its own choice has none.
func canonical(p payout.Principal) (payout.Principal, error) {
	text := string(p)
	if len(text) > mostPrincipal {
		return "", errLong
	}
	if strings.HasPrefix(text, "arn:") {
		return canonicalARN(text)
	}
	if strings.Contains(text, "|") {
		return p, checkToken(text)
	}
	return "", errForm
}

func canonicalARN(text string) (payout.Principal, error) {
	parts := arnFormat.FindStringSubmatch(text)
	if parts == nil {
		return "", errForm
	}
	partition, service, account, resource := parts[1], parts[2], parts[3], parts[4]
	prefix := "arn:" + partition + ":" + service + "::" + account + ":"
	switch kind, _, _ := strings.Cut(resource, "/"); {
	case service == "iam" && kind == "root":
		return "", errRoot
	case service == "iam" && (kind == "role" || kind == "user"):
		named := namedFormat.FindStringSubmatch(resource)
		if named == nil {
			return "", errName
		}
		return payout.Principal(prefix + named[1] + "/" + named[2]), nil
	case service == "sts" && kind == "assumed-role":
		return payout.Principal(prefix + resource), checkSession(resource)
	case service == "sts" && kind == "federated-user":
		return "", errFederated
	}
	return "", errForm
}

func checkSession(resource string) error {
	session := sessionFormat.FindStringSubmatch(resource)
	switch {
	case session == nil:
		return errName
	case !strings.HasPrefix(session[1], ssoPrefix) || session[1] == ssoPrefix:
		return errSession
	}
	return nil
}

// roleOf is the role of a session of single sign-on, and every other principal itself.
func roleOf(p payout.Principal) payout.Principal {
	before, resource, session := strings.Cut(string(p), ":assumed-role/")
	role, _, _ := strings.Cut(resource, "/")
	if !session || !strings.HasPrefix(string(p), "arn:") {
		return p
	}
	return payout.Principal(strings.Replace(before, ":sts:", ":iam:", 1) + ":role/" + role)
}

// checkToken splits at the first |: an address holds none, and a subject may.
func checkToken(text string) error {
	issuer, subject, _ := strings.Cut(text, "|")
	u, err := url.Parse(issuer)
	wellFormed := err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.Contains(issuer, "#")
	if !wellFormed || subject == "" || strings.TrimSpace(subject) != subject || strings.ContainsFunc(subject, unicode.IsControl) {
		return errToken
	}
	return nil
}
