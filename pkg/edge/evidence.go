package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"cambodia-payouts/pkg/payout"
)

// EvidenceStore is what evidence is read from; every payout.Store is one. It is no more than one
// read, so that this route can change nothing.
type EvidenceStore interface {
	// Get reads consistently. A body that was just stored has to be found: whoever confirms an
	// order reads it before.
	Get(ctx context.Context, id payout.ID) (payout.Payout, error)
}

// LevelAudit is the level of the line that every reading of evidence leaves in the
// log. No LOG_LEVEL hides it; it is telemetry.LevelAudit. The number is written here again because
// this package may not import telemetry (pkg/imports_test.go).
const LevelAudit = slog.LevelError + 2

// evidenceView is a kept body. Bodies hold names and account numbers in full, and so
// they have a route, and a right, of their own.
type evidenceView struct {
	SHA256 string `json:"sha256"`
	Body   []byte `json:"body_base64"`
}

// evidencePath takes /v1/payouts/{id}/evidence/{sequence} apart. What does not look like it is left
// to the orders, which refuse it.
func evidencePath(path string) (id, sequence string, ours bool) {
	rest, ours := strings.CutPrefix(path, "/v1/payouts/")
	id, rest, _ = strings.Cut(rest, "/")
	sequence, found := strings.CutPrefix(rest, "evidence/")
	return id, sequence, ours && found
}

// readEvidence answers with the kept body of one entry of a payout's history.
func (d Operate) readEvidence(ctx context.Context, e Event, id, sequence string) Reply {
	if p := mayReadEvidence(e); p != nil {
		return p.reply(ctx, e)
	}
	entry, p := d.findEntry(ctx, e, id, sequence)
	if p != nil {
		return p.reply(ctx, e)
	}
	// The line is written before the answer leaves: a reading that nobody knows of would be worse
	// than a line about one that failed.
	d.Log.LogAttrs(ctx, LevelAudit, "evidence read", slog.String("request_id", requestID(ctx, e)),
		slog.String("principal", payout.Printable(string(whoReads(e)))), slog.String("payout_id", id), slog.String("sequence", sequence))
	return jsonReply(http.StatusOK, evidenceView{SHA256: entry.Evidence, Body: entry.Raw})
}

// mayReadEvidence refuses a reading that could not be put down to anybody. IAM or the scope of a
// token decides who may read. This asks only that the audit line can name somebody.
func mayReadEvidence(e Event) *Problem {
	if p := routed(e, http.MethodGet, path(e)); p != nil {
		return p
	}
	parameters, err := query(e)
	if err == nil {
		err = only(parameters)
	}
	if err != nil {
		p := problem(http.StatusBadRequest, InvalidQuery, err.Error())
		return &p
	}
	if principal(e) == "" {
		p := problem(http.StatusForbidden, PrincipalMissing, "reading evidence needs a principal: sign the request")
		return &p
	}
	return nil
}

// whoReads is the most telling name of who called: of a session of single sign-on,
// the person and not only the role. Orders are counted by role, but a line about who has seen a
// name and a number has to lead to a person.
func whoReads(e Event) payout.Principal {
	by, identities := caller(e)
	if len(identities) > 0 {
		return identities[0]
	}
	return by
}

// findEntry finds an entry with a body, or says what is missing.
func (d Operate) findEntry(ctx context.Context, e Event, id, sequence string) (payout.Entry, *Problem) {
	missing := func(detail string) (payout.Entry, *Problem) {
		p := problem(http.StatusNotFound, NotFound, detail)
		return payout.Entry{}, &p
	}
	known, wellFormed := payout.ParseID(id)
	if !wellFormed {
		return missing(noPayoutID)
	}
	p, err := d.Evidence.Get(ctx, known)
	switch {
	case errors.Is(err, payout.ErrNotFound):
		return missing("there is no such payout")
	case err != nil:
		d.Log.LogAttrs(ctx, slog.LevelError, "evidence not readable", slog.String("request_id", requestID(ctx, e)), slog.Any("error", err))
		p := problem(http.StatusServiceUnavailable, ServiceUnavailable, "the table cannot be read now")
		return payout.Entry{}, &p
	}
	n, err := strconv.Atoi(sequence)
	// +1 and 01 are refused: one entry has one path, and the audit line quotes that path.
	if err != nil || strconv.Itoa(n) != sequence || n < 1 || n > len(p.History) {
		return missing(fmt.Sprintf("the history of this payout has the entries 1 to %d", len(p.History)))
	}
	entry := p.History[n-1]
	if len(entry.Raw) == 0 {
		return missing(withoutBody(p, entry))
	}
	return entry, nil
}

// withoutBody says why an entry has no body. Its hash still proves what an archive of
// the provider's holds.
func withoutBody(p payout.Payout, entry payout.Entry) string {
	switch {
	case entry.Evidence == "":
		return "this entry came without a body"
	case !p.RedactedAt.IsZero():
		return "the body was taken out with the personal data, and only its hash is known: " + entry.Evidence
	}
	return "the body was not kept (too large, padded beyond its signature, or one too many of this payout), and only its SHA-256 is known: " + entry.Evidence
}
