package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/payout"
)

// Creator is the use case that NewCreate serves; *payout.Creator implements it.
type Creator interface {
	// Create returns a *payout.Refusal where it knows what became of the reference. Any other error
	// is answered with the outcome unknown.
	Create(ctx context.Context, d payout.Draft, by payout.Principal) (payout.Created, error)
}

// NewCreate serves POST /v1/payouts. A draft that is full of faults goes to the use case all the
// same. The use case looks the reference up, or turns earlier requests away, before it says
// anything about the outcome (decision 0026).
func NewCreate(creator Creator, log *slog.Logger) Handler {
	// One limiter for the life of the process: a minute of one caller's tries is counted over all
	// of its requests.
	tries := loglimit.New(time.Now)
	return func(ctx context.Context, e Event) (Reply, error) {
		if p := routed(e, http.MethodPost, "/v1/payouts"); p != nil {
			return p.reply(ctx, e), nil
		}
		by := principal(e)
		if p := createdByNobody(e, by); p != nil {
			return p.reply(ctx, e), nil
		}
		draft, p := readDraft(e)
		if p != nil {
			return p.reply(ctx, e), nil
		}
		created, err := creator.Create(ctx, draft, by)
		if err != nil {
			tellReused(ctx, e, log, tries, err)
			return refusalReply(ctx, e, log, err), nil
		}
		logCreated(ctx, e, log, created)
		return createdReply(created), nil
	}
}

// createdByNobody refuses a caller whom the gateway let in without a name, such as a token
// without a subject. What fails is counted by caller, so that one without a name would be
// everybody. Nothing was looked up and no request was turned away, so the outcome is unknown.
// Without an authorizer there was no gateway: a function that is run by hand, or by sam local.
func createdByNobody(e Event, by payout.Principal) *Problem {
	if e.RequestContext.Authorizer == nil || by != "" {
		return nil
	}
	p := problem(http.StatusForbidden, PrincipalMissing, "a payout needs a principal: sign the request, or use a token with a subject (sub)")
	p.Outcome = payout.OutcomeUnknown
	return &p
}

// routed checks method and path; nil means that the request is for this route.
func routed(e Event, wantMethod string, paths ...string) *Problem {
	for _, want := range paths {
		if path(e) != want {
			continue
		}
		if method(e) != wantMethod {
			p := problem(http.StatusMethodNotAllowed, MethodNotAllowed, "this route takes "+wantMethod)
			return &p
		}
		return nil
	}
	p := problem(http.StatusNotFound, NotFound, "there is no such route")
	return &p
}

// readDraft decodes the body. If the body cannot be read but the header names the
// reference, the draft still carries it: the answer can then speak of the payout. Only the header
// helps then: nothing is searched for in bytes that are not JSON.
func readDraft(e Event) (payout.Draft, *Problem) {
	raw, err := body(e, BodyLimit)
	if err != nil {
		return unreadable(e, err)
	}
	tree, err := jsontree.Parse(raw, jsontree.DefaultLimits)
	if err != nil {
		return unreadable(e, err)
	}
	reference, p := referenceOf(e, &tree)
	if p != nil {
		return payout.Draft{}, p
	}
	draft := decodeDraft(tree)
	// The fence compares arrivals. By the clock of this process a cold start would make an earlier
	// request a later one (decision 0026).
	draft.Reference, draft.Arrived = reference, arrived(e)
	return draft, nil
}

// unreadable answers a body that is not JSON: as a draft full of faults when the
// header names the reference, as a problem otherwise.
func unreadable(e Event, cause error) (payout.Draft, *Problem) {
	p := unreadableProblem(cause)
	p.Outcome = payout.OutcomeUnknown
	// The one refusal that looks nothing up, also with a reference in the header. So its outcome
	// stays unknown.
	if p.Status == http.StatusRequestEntityTooLarge {
		return payout.Draft{}, &p
	}
	reference, missing := referenceOf(e, nil)
	if missing != nil {
		return payout.Draft{}, &p
	}
	// The fault has no pointer: there is no tree that it could point into.
	fault := payout.Fault{Code: payout.FaultCode(p.Code), Message: p.Detail}
	return payout.Draft{Reference: reference, Arrived: arrived(e), Shape: []payout.Fault{fault}}, nil
}

// unreadableProblem names line, column and the rule that was broken, and quotes nothing of the
// body: a problem is logged and forwarded, and bodies hold account numbers.
func unreadableProblem(cause error) Problem {
	p := problem(http.StatusBadRequest, InvalidJSON, "the body is not acceptable JSON")
	var syntax *jsontree.SyntaxError
	switch {
	case errors.Is(cause, errTooLarge):
		p = problem(http.StatusRequestEntityTooLarge, BodyTooLarge, "the body must not exceed 65536 bytes")
	case errors.As(cause, &syntax):
		p.Detail = "the body is not acceptable JSON: " + syntax.Error()
	case errors.Is(cause, errBase64):
		p.Detail = cause.Error()
	}
	return p
}

// createdReply follows the table of answers: 200 for a replay, 201 for what is
// stored and known, 202 for what still has to be found out.
func createdReply(c payout.Created) Reply {
	status := http.StatusAccepted
	// Submitting is a 202 as well: the provider may have answered, and the answer could not be
	// stored. 201 is said of what is stored, and of nothing else.
	switch c.Payout.Status {
	case payout.Processing, payout.Succeeded, payout.Failed:
		status = http.StatusCreated
	}
	if c.Replayed {
		status = http.StatusOK
	}
	v := viewWithHistory(c.Payout)
	v.SimilarBy, v.SimilarIDs = "", nil // whoever may create need not be one who may read what others created
	reply := jsonReply(status, v)
	// A replay shows the payout as it is now, and has no Location: nothing was created by it.
	if c.Replayed {
		reply.Headers["idempotent-replayed"] = "true"
		return reply
	}
	reply.Headers["location"] = payoutPath(c.Payout.ID)
	return reply
}

// payoutPath is the path of a payout without host and stage, which a function behind two APIs and a
// function URL cannot know.
func payoutPath(id payout.ID) string { return "/v1/payouts/" + string(id) }

// refusalKinds says how each kind of refusal is answered. The code of a refusal
// with faults is that of its first fault. The texts advise: whoever is told "this reference is
// taken" and takes another one pays twice, so that each says what to read first.
var refusalKinds = map[payout.RefusalKind]struct {
	status int
	code   Code
	detail string
}{
	payout.Unreadable:       {http.StatusBadRequest, InvalidBody, "the request could not be read; errors lists every fault"},
	payout.Unacceptable:     {http.StatusUnprocessableEntity, InvalidBody, "the request breaks a rule; errors lists every fault"},
	payout.ReferenceReused:  {http.StatusUnprocessableEntity, ReferenceReused, "this reference belongs to a payout with other amount, recipient or provider: read that one first (payout has its path); if it is the same debt, it is paid or pending unless that one says otherwise: do not post it again; a new reference is for another payout"},
	payout.ReferenceBlocked: {http.StatusConflict, ReferenceBlocked, "a provider has reported a payout under this reference that this table does not hold; see GET /v1/orphans"},
	payout.Unavailable:      {http.StatusServiceUnavailable, ServiceUnavailable, "the service cannot take the payout now; send the same request again, with the same reference"},
}

// redactedDetail is that of a reference whose payout was redacted. It is one for all requests:
// which of them is the same as before must not be told.
const redactedDetail = "this reference belongs to a payout whose personal data was redacted, so that nobody can tell any more whether this request is the same: read that one first (payout has its path); if it is the same debt, it is paid or pending unless that one says otherwise: do not post it again; a new reference is for another payout"

// tellReused counts, for each caller, requests under a reference that has another payout. That
// the right account is answered otherwise than a wrong one is what makes a replay a replay, so
// whoever may post can try a masked number out; this line is where he is seen. No LOG_LEVEL hides
// it, and a flood writes few of them. Callers are as many as the gateway lets in.
func tellReused(ctx context.Context, e Event, log *slog.Logger, tries *loglimit.Limiter, err error) {
	var refusal *payout.Refusal
	if !errors.As(err, &refusal) || refusal.Kind != payout.ReferenceReused {
		return
	}
	by := payout.Printable(string(principal(e)))
	if count := tries.Take(by); count > 0 {
		log.LogAttrs(ctx, LevelAudit, "reference reused", slog.String("request_id", requestID(ctx, e)),
			slog.String("principal", by), slog.String("payout_id", string(refusal.Existing)), slog.Int("count", count))
	}
}

// refusalReply turns a refusal into its problem. The cause goes to the log and never into the
// answer: it is text of others, such as the AWS SDK.
func refusalReply(ctx context.Context, e Event, log *slog.Logger, err error) Reply {
	// What is no refusal says nothing about the reference, so that the caller has to ask again.
	refusal := &payout.Refusal{Kind: payout.Unavailable, Outcome: payout.OutcomeUnknown, Cause: err}
	errors.As(err, &refusal)
	kind := refusalKinds[refusal.Kind]
	p := problem(kind.status, kind.code, kind.detail)
	if refusal.Redacted {
		p.Detail = redactedDetail
	}
	p.Outcome = refusal.Outcome
	for i, f := range refusal.Faults {
		if i == 0 {
			p.Code, p.Type = Code(f.Code), problemType+string(f.Code)
		}
	}
	p.Errors = fieldErrors(refusal.Faults)
	if refusal.Existing != "" {
		p.Payout = payoutPath(refusal.Existing)
	}
	log.LogAttrs(ctx, refusedLevel(err), "create refused",
		slog.String("request_id", requestID(ctx, e)), slog.String("code", string(p.Code)),
		slog.String("principal", payout.Printable(string(principal(e)))), slog.String("outcome", string(p.Outcome)), slog.Any("error", refusal.Cause))
	return p.reply(ctx, e)
}

// refusedLevel is that of an error if somebody has to mend what stood in the way: no LOG_LEVEL
// may hide the cause then.
func refusedLevel(err error) slog.Level {
	if payout.Unstored(err) {
		return slog.LevelError
	}
	return slog.LevelInfo
}

// logCreated names the payout by its id alone. No text of the merchant's goes into the line: it may
// tell of a person.
func logCreated(ctx context.Context, e Event, log *slog.Logger, c payout.Created) {
	log.LogAttrs(ctx, slog.LevelInfo, "create answered",
		slog.String("request_id", requestID(ctx, e)), slog.String("payout_id", string(c.Payout.ID)),
		slog.String("provider", string(c.Payout.Provider)), slog.String("status", string(c.Payout.Status)),
		slog.String("principal", payout.Printable(string(principal(e)))), slog.Bool("replayed", c.Replayed))
}
