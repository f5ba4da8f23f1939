package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"

	"cambodia-payouts/pkg/webhook"
)

// merchant is where events go: the document of the webhook's secret. Its JSON is what Secrets
// Manager would hold, so that the parser of the functions reads it.
type merchant struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
	own    bool   // by WEBHOOK_URL, in place of the run's own endpoint
}

// merchantFrom is the endpoint that the environment names, or the run's own one beside the sandbox.
// Events tell of invented payouts, so that they stay on this machine. Neither error quotes what was
// set: the secret is one of them.
func merchantFrom(box string) (merchant, error) {
	m := merchant{URL: os.Getenv("WEBHOOK_URL"), Secret: os.Getenv("WEBHOOK_SECRET"), own: true}
	if m.URL == "" {
		return merchant{URL: box + "/merchant", Secret: webhookKey}, nil
	}
	at, err := url.Parse(m.URL)
	if err != nil || !ofThisMachine(at) {
		return merchant{}, errors.New("WEBHOOK_URL must be an address of this machine, such as http://127.0.0.1:9090")
	}
	if _, err := webhook.ParseCredentials(m.document(), webhook.Rules{AllowInsecure: true}); err != nil {
		return merchant{}, errors.New("WEBHOOK_SECRET must be that of the endpoint at WEBHOOK_URL: whsec_ and 24 to 64 bytes in base64")
	}
	return m, nil
}

// ofThisMachine reports whether an address is one of this machine, without a user or a fragment,
// which the webhook would refuse later.
func ofThisMachine(at *url.URL) bool {
	ip := net.ParseIP(at.Hostname())
	here := at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return here && (at.Scheme == "http" || at.Scheme == "https") && at.User == nil && at.Fragment == ""
}

// document is the secret as Secrets Manager would hold it.
func (m merchant) document() []byte {
	document, _ := json.Marshal(m) // of texts, which always marshal
	return document
}
