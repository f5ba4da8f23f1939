package edge_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// cabinet holds one payout, or fails.
type cabinet struct {
	payout payout.Payout
	err    error
}

func (s cabinet) Get(_ context.Context, wanted payout.ID) (payout.Payout, error) {
	if s.err == nil && wanted != s.payout.ID {
		return payout.Payout{}, payout.ErrNotFound
	}
	return s.payout, s.err
}

// callbackBody holds what must never be in a log.
const callbackBody = `{"account":"88990011","name":"Sophea"}`

func kept(t *testing.T) payout.Payout {
	p := some(t, payout.Succeeded)
	raw := []byte(callbackBody)
	p.History = append(p.History,
		payout.Entry{Source: payout.FromCallback, Status: payout.Succeeded, Evidence: payout.HashEvidence(raw), Raw: raw},
		payout.Entry{Source: payout.FromQuery, Status: payout.Succeeded, Evidence: strings.Repeat("ab", 32)},
	)
	return p
}

func evidencePath(id payout.ID, sequence string) string {
	return "/v1/payouts/" + string(id) + "/evidence/" + sequence
}

func TestEvidenceIsReadWithItsHashAndTheReadingIsLogged(t *testing.T) {
	const sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Finance_1234567890abcdef/dara@example.com"
	var log bytes.Buffer
	h := edge.NewOperate(edge.Operate{
		Evidence: cabinet{payout: kept(t)}, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	reply, decoded := call(t, h, signed(event("GET", evidencePath(id, "2"), ""), sso))
	body, err := base64.StdEncoding.DecodeString(fmt.Sprint(decoded["body_base64"]))
	if reply.StatusCode != 200 || err != nil || string(body) != callbackBody || decoded["sha256"] != payout.HashEvidence(body) || len(decoded) != 2 {
		t.Errorf("%d %v", reply.StatusCode, decoded)
	}
	if reply.Headers["cache-control"] != "no-store" {
		t.Errorf("%v", reply.Headers)
	}
	for _, word := range []string{sso, string(id), `"sequence":"2"`, "req-1"} {
		if !strings.Contains(log.String(), word) {
			t.Errorf("%s is not in %s", word, log.String())
		}
	}
	if strings.Contains(log.String(), "88990011") || strings.Contains(log.String(), string(body)) || strings.Contains(log.String(), decoded["body_base64"].(string)) {
		t.Errorf("the body is in the log: %s", log.String())
	}
}

func TestEvidenceThatIsNotThereSaysWhatIsMissing(t *testing.T) {
	redacted := kept(t)
	redacted.RedactedAt = redacted.CreatedAt
	hash := strings.Repeat("ab", 32)
	for name, test := range map[string]struct {
		payout payout.Payout
		path   string
		says   string
	}{
		"another payout":            {kept(t), evidencePath("po_zzzzzzzzzzzzzzzzzzzzzzzzzz", "2"), "no such payout"},
		"not an id":                 {kept(t), evidencePath("po_x", "2"), "po_ and 26"},
		"beyond the end":            {kept(t), evidencePath(id, "4"), "entries 1 to 3"},
		"before the beginning":      {kept(t), evidencePath(id, "0"), "entries 1 to 3"},
		"negative":                  {kept(t), evidencePath(id, "-1"), "entries 1 to 3"},
		"not a number":              {kept(t), evidencePath(id, "two"), "entries 1 to 3"},
		"another way to write it":   {kept(t), evidencePath(id, "02"), "entries 1 to 3"},
		"nothing":                   {kept(t), evidencePath(id, ""), "entries 1 to 3"},
		"more behind it":            {kept(t), evidencePath(id, "2/x"), "entries 1 to 3"},
		"an entry without a body":   {kept(t), evidencePath(id, "1"), "without a body"},
		"a body that was too large": {kept(t), evidencePath(id, "3"), "not kept (too large, padded beyond its signature, or one too many of this payout), and only its SHA-256 is known: " + hash},
		"a body that was redacted":  {redacted, evidencePath(id, "3"), "taken out with the personal data, and only its hash is known: " + hash},
	} {
		h := edge.NewOperate(edge.Operate{Evidence: cabinet{payout: test.payout}, Log: quiet})
		reply, decoded := call(t, h, signed(event("GET", test.path, ""), session))
		if reply.StatusCode != 404 || decoded["code"] != "not-found" || !strings.Contains(fmt.Sprint(decoded["detail"]), test.says) {
			t.Errorf("%s: %d %v", name, reply.StatusCode, decoded)
		}
	}
}

func TestEvidenceIsNotReadByNobodyAndNotHalf(t *testing.T) {
	asked := event("GET", evidencePath(id, "2"), "")
	filtered := signed(asked, session)
	filtered.RawQueryString = "format=raw"
	for name, test := range map[string]struct {
		store  cabinet
		e      edge.Event
		status int
		code   string
	}{
		"no principal":     {cabinet{payout: kept(t)}, asked, 403, "principal-missing"},
		"another method":   {cabinet{payout: kept(t)}, signed(event("POST", evidencePath(id, "2"), "{}"), session), 405, "method-not-allowed"},
		"a parameter":      {cabinet{payout: kept(t)}, filtered, 400, "invalid-query"},
		"the table is off": {cabinet{err: errors.New("down")}, signed(asked, session), 503, "service-unavailable"},
	} {
		h := edge.NewOperate(edge.Operate{Evidence: test.store, Log: quiet})
		if reply, decoded := call(t, h, test.e); reply.StatusCode != test.status || decoded["code"] != test.code {
			t.Errorf("%s: %d %v", name, reply.StatusCode, decoded)
		}
	}
}
