package edge

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"

	"cambodia-payouts/pkg/payout"
)

// Code names a kind of problem. Programs branch on it; it never changes. New codes may come, so
// that a client has to have a branch for one that it does not know: Status and Retryable say
// enough.
type Code string

// The codes of problems that are not faults of a request's members; those have
// the codes of payout.FaultCode.
const (
	InvalidJSON        Code = "invalid-json"
	InvalidBody        Code = "invalid-body"
	InvalidQuery       Code = "invalid-query"
	ReferenceMissing   Code = "reference-missing"
	ReferenceConflict  Code = "reference-conflict"
	ReferenceReused    Code = "reference-reused"
	ReferenceBlocked   Code = "reference-blocked"
	BodyTooLarge       Code = "body-too-large"
	NotFound           Code = "not-found"
	MethodNotAllowed   Code = "method-not-allowed"
	SignatureInvalid   Code = "signature-invalid"
	CallbackUnusable   Code = "callback-unusable"
	ServiceUnavailable Code = "service-unavailable"

	PrincipalMissing Code = "principal-missing"

	// Of the operator's routes.
	NotPossible         Code = "not-possible"
	PayoutBusy          Code = "payout-busy"
	FeedRewound         Code = "feed-rewound"
	OrderOutdated       Code = "order-outdated"
	ProviderPaused      Code = "provider-paused"
	StatementUnreadable Code = "statement-unreadable"
	// StatementImplausible: too many amounts of the file differ from ours.
	StatementImplausible Code = "statement-implausible"
	PeopleNotRegistered  Code = "people-not-registered"
	// ReleaseIncomplete: the table was restored, and the order does not state all of the controls.
	ReleaseIncomplete Code = "release-incomplete"
)

// problemType prefixes the code in the member "type". It is a name, not an
// address: nothing has to be fetched to understand it.
const problemType = "urn:cambodia-payouts:problem:"

// FieldError is one fault of a request, at a JSON pointer into its body. Detail says what is
// expected, and never quotes what was written.
type FieldError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// Problem is an RFC 9457 problem document with this service's members. Outcome is on answers of
// create alone, and it decides whether another reference may be used; Retryable says only that the
// same request may be sent again.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Code      Code           `json:"code"`
	RequestID string         `json:"request_id,omitempty"`
	Errors    []FieldError   `json:"errors,omitempty"`
	Retryable bool           `json:"retryable"`
	Outcome   payout.Outcome `json:"outcome,omitempty"`
	Payout    string         `json:"payout,omitempty"` // path of the payout that holds the reference
}

// problem starts a problem. Only an answer of 503 invites the same request again. A 409 or 422
// gives the same answer until somebody changes something.
func problem(status int, code Code, detail string) Problem {
	return Problem{
		Type: problemType + string(code), Title: http.StatusText(status), Status: status,
		Code: code, Detail: detail, Retryable: status == http.StatusServiceUnavailable,
	}
}

// reply writes the problem. The request id in it is the one in the log, by which support finds the
// cause that the answer does not tell.
func (p Problem) reply(ctx context.Context, e Event) Reply {
	p.RequestID = requestID(ctx, e)
	reply := jsonReply(p.Status, p)
	reply.Headers["content-type"] = "application/problem+json"
	if p.Retryable {
		reply.Headers["retry-after"] = "2"
	}
	return reply
}

// common headers: answers hold personal data, and are never to be cached or
// guessed at.
var commonHeaders = map[string]string{
	"cache-control":          "no-store",
	"x-content-type-options": "nosniff",
}

// jsonReply encodes an answer of ours. The types are our own and always encode.
func jsonReply(status int, value any) Reply {
	encoded, err := json.Marshal(value)
	if err != nil {
		return Reply{StatusCode: http.StatusInternalServerError}
	}
	headers := maps.Clone(commonHeaders)
	headers["content-type"] = "application/json"
	return Reply{StatusCode: status, Headers: headers, Body: string(encoded)}
}

// textReply answers with bare text: no quotes, no line end.
func textReply(status int, text string) Reply {
	headers := maps.Clone(commonHeaders)
	headers["content-type"] = "text/plain; charset=utf-8"
	return Reply{StatusCode: status, Headers: headers, Body: text}
}
