package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const key = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

// tell posts an event of a payout, signed as the service signs it.
func tell(t *testing.T, to http.Handler, sequence int) {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	id, now := fmt.Sprint("evt_", sequence), time.Now()
	body := fmt.Sprintf(`{"id":%q,"type":"payout.processing","payout_id":"po_a","reference":"R1","sequence":%d,"data":{}}`, id, sequence)
	signature, err := signer.Sign(id, now, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	answer := httptest.NewRecorder()
	to.ServeHTTP(answer, request)
	if answer.Code != http.StatusNoContent {
		t.Errorf("event %d is answered %d", sequence, answer.Code)
	}
}

func TestTheReceiverPrintsEventsAndGaps(t *testing.T) {
	var out bytes.Buffer
	s, err := newShop(&out, key)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		sequence int
		gap      string
	}{{1, ""}, {4, "gap: [2 3] of po_a"}, {4, ""}, {3, "gap: [2] of po_a"}, {2, ""}} {
		out.Reset()
		tell(t, s, step.sequence)
		if said := out.String(); strings.Contains(said, "gap") != (step.gap != "") || !strings.Contains(said, step.gap) {
			t.Errorf("after event %d: %q", step.sequence, said)
		}
	}
	if _, err := newShop(&out, ""); err == nil {
		t.Error("everybody may sign")
	}
}

// Events come at once, and a gap is asked for while the next one is handled.
func TestManyEventsAtOnceHoldNobodyUp(t *testing.T) {
	s, err := newShop(&bytes.Buffer{}, key)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	for n := range 50 {
		go func() { tell(t, s, 2*n+2); done <- struct{}{} }()
	}
	for range 50 {
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatal("the receiver stands still")
		}
	}
}
