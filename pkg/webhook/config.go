package webhook

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cambodia-payouts/pkg/secrets"
)

// ErrNotConfigured says that the secret is still the template's placeholder.
var ErrNotConfigured = errors.New("webhook: not configured")

// Credentials say where events go and what they are signed with. The signer is not exported:
// nothing outside of this package signs with it.
type Credentials struct {
	URL    *url.URL
	signer *standardwebhooks.Webhook
}

// Rules say which addresses besides public https ones are acceptable.
type Rules struct {
	// AllowInsecure is DEV_INSECURE: http, and addresses of this machine.
	AllowInsecure bool
}

// The specification asks for keys of 24 to 64 bytes.
const (
	leastKey = 24
	mostKey  = 64
)

const keyPrefix = "whsec_"

// ParseCredentials reads the secret's document:
//
//	{"url": "https://…", "secret": "whsec_…"}
//
// It reports every fault at once, and no error holds a part of the document.
func ParseCredentials(document []byte, rules Rules) (Credentials, error) {
	if secrets.IsPlaceholder(string(document)) {
		return Credentials{}, ErrNotConfigured
	}
	var written struct{ URL, Secret string }
	if json.Unmarshal(document, &written) != nil {
		return Credentials{}, errors.New("webhook secret: must be a JSON object with url and secret")
	}
	address, urlFault := parseURL(written.URL, rules)
	signer, keyFault := parseKey(written.Secret)
	if err := errors.Join(urlFault, keyFault); err != nil {
		return Credentials{}, err
	}
	return Credentials{URL: address, signer: signer}, nil
}

func parseURL(text string, rules Rules) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New("webhook secret: url must be an address without user and fragment")
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && rules.AllowInsecure && ofThisMachine(u.Hostname()):
		return u, nil
	}
	return nil, errors.New("webhook secret: url must be https")
}

// ofThisMachine takes host.docker.internal too: that is this machine as containers of sam local
// name it.
func ofThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || host == "host.docker.internal" || (ip != nil && ip.IsLoopback())
}

// parseKey checks the length, since the library takes any, and an empty key would let everybody
// sign.
func parseKey(text string) (*standardwebhooks.Webhook, error) {
	encoded, prefixed := strings.CutPrefix(text, keyPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !prefixed || len(key) < leastKey || len(key) > mostKey {
		return nil, errors.New("webhook secret: secret must be whsec_ and 24 to 64 bytes in base64")
	}
	signer, err := standardwebhooks.NewWebhook(text)
	if err != nil {
		return nil, errors.New("webhook secret: secret cannot be used")
	}
	return signer, nil
}
