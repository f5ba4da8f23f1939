package receiver_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cambodia-payouts/pkg/receiver"
)

const key = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

// post sends an event to the receiver, signed now unless changed.
func post(t *testing.T, r http.Handler, body string, change func(http.Header)) int {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(body, `{"id":"`), `"`)
	now := time.Now()
	signature, err := signer.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	if change != nil {
		change(request.Header)
	}
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, request)
	return answer.Code
}

func event(payout string, sequence int, status string) string {
	return fmt.Sprintf(`{"id":"evt_%s_%d","type":"payout.%s","payout_id":"%s","sequence":%d,"data":{"status":"%s"}}`, payout, sequence, status, payout, sequence, status)
}

func TestAReceiverTakesEachEventOnceAndSeesGaps(t *testing.T) {
	var handled []string
	r, err := receiver.New(func(e receiver.Event) error { handled = append(handled, e.ID); return nil }, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sequence int
		status   string
	}{{1, "created"}, {3, "succeeded"}, {3, "succeeded"}, {1, "created"}} {
		if code := post(t, r, event("po_a", step.sequence, step.status), nil); code != http.StatusNoContent {
			t.Errorf("event %d is answered %d", step.sequence, code)
		}
	}
	if !slices.Equal(handled, []string{"evt_po_a_1", "evt_po_a_3"}) || !slices.Equal(r.Missing("po_a"), []int{2}) {
		t.Errorf("handled %v, missing %v", handled, r.Missing("po_a"))
	}
	post(t, r, event("po_a", 2, "processing"), nil) // overtaken on the way
	if len(r.Missing("po_a")) != 0 || r.Status("po_a") != "succeeded" {
		t.Errorf("missing %v, status %s", r.Missing("po_a"), r.Status("po_a"))
	}
}

func TestAReceiverBelievesNobodyElse(t *testing.T) {
	r, err := receiver.New(func(receiver.Event) error { t.Error("handled"); return nil }, key)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(http.Header){
		"no signature":    func(h http.Header) { h.Del("webhook-signature") },
		"wrong signature": func(h http.Header) { h.Set("webhook-signature", "v1,AAAA") },
		"other id":        func(h http.Header) { h.Set("webhook-id", "evt_x") },
		"an hour old": func(h http.Header) {
			h.Set("webhook-timestamp", strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10))
		},
	} {
		if code := post(t, r, event("po_a", 1, "created"), change); code != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code := post(t, r, `{"id":"evt_1"`, nil); code != http.StatusBadRequest {
		t.Errorf("no JSON: %d", code)
	}
	answer := httptest.NewRecorder()
	r.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", answer.Code)
	}
}

func TestAReceiverThatFailsIsToldAgain(t *testing.T) {
	failing := true
	r, err := receiver.New(func(receiver.Event) error {
		if failing {
			return errors.New("the database is away")
		}
		return nil
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	if code := post(t, r, event("po_a", 1, "created"), nil); code != http.StatusInternalServerError {
		t.Errorf("%d", code)
	}
	failing = false
	if code := post(t, r, event("po_a", 1, "created"), nil); code != http.StatusNoContent || r.Status("po_a") != "created" {
		t.Errorf("%d", code)
	}
}

// With an empty key everybody can sign, and with a short one whoever has the time to guess it.
func TestAReceiverNeedsASecret(t *testing.T) {
	of := func(bytes int) string {
		return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", bytes)))
	}
	for name, secrets := range map[string][]string{
		"none": nil, "unset": strings.Split("", ","), "no base64": {"whsec_***"}, "the prefix alone": {"whsec_"},
		"a comma behind it": strings.Split(key+",", ","), "a comma before it": strings.Split(","+key, ","), "a blank": {key, " "},
		"one that is too short": {key, of(23)}, "one that is too long": {of(65)}, "no prefix": {strings.TrimPrefix(key, "whsec_")},
	} {
		_, err := receiver.New(func(receiver.Event) error { return nil }, secrets...)
		if err == nil {
			t.Errorf("%s is enough", name)
		} else if strings.Contains(err.Error(), strings.TrimPrefix(key, "whsec_")) {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
	for _, bytes := range []int{24, 64} {
		if _, err := receiver.New(func(receiver.Event) error { return nil }, key, of(bytes)); err != nil {
			t.Errorf("%d bytes: %v", bytes, err)
		}
	}
	if _, err := receiver.New(nil, key); err == nil {
		t.Error("nobody handles the events")
	}
}
