package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// Operator is the use case behind the operator's routes; *payout.Operator implements
// it. Its errors are *payout.OrderRefused; any other is answered as unavailable, and nobody knows
// then whether the order was carried out.
type Operator interface {
	Cancel(ctx context.Context, o payout.Order) (payout.Ordered, error)
	Resolve(ctx context.Context, o payout.Order) (payout.Ordered, error)
	Resend(ctx context.Context, o payout.Order) (payout.Ordered, error)
	ResendEvent(ctx context.Context, o payout.Order) (payout.Ordered, error)
	Controls(ctx context.Context) (payout.ControlRoom, error)
	SetControls(ctx context.Context, o payout.ControlOrder) (payout.ControlsSet, error)
}

// Operate is what operate-payout needs.
type Operate struct {
	Operator   Operator
	Statements Statements
	Evidence   EvidenceStore
	Log        *slog.Logger
	// Signals hears of orders that were not stored; nil: nobody does.
	Signals payout.Signals
	// Restored tells when the table was restored from a backup last, zero if never; nil: never.
	Restored func() time.Time
}

// NewOperate serves POST /v1/payouts/{id}/cancel, /resolve, /resend and
// /resend-event, POST /v1/statements, GET and POST /v1/controls, and
// GET /v1/payouts/{id}/evidence/{sequence}. They share a function because all of them are orders of
// people, rare, and under rights of their own; which caller may use which route is IAM's to say, or
// the scope's.
func NewOperate(d Operate) Handler {
	return func(ctx context.Context, e Event) (Reply, error) {
		if path(e) == "/v1/statements" {
			return d.importStatement(ctx, e), nil
		}
		if path(e) == controlsPath {
			return d.serveControls(ctx, e), nil
		}
		if payoutID, sequence, ours := evidencePath(path(e)); ours {
			return d.readEvidence(ctx, e, payoutID, sequence), nil
		}
		text, action, ok := orderPath(path(e))
		id, wellFormed := payout.ParseID(text)
		switch p := routed(e, http.MethodPost, path(e)); {
		case p != nil:
			return p.reply(ctx, e), nil
		case !ok:
			return problem(http.StatusNotFound, NotFound, "there is no such route").reply(ctx, e), nil
		case !wellFormed:
			return problem(http.StatusNotFound, NotFound, noPayoutID).reply(ctx, e), nil
		}
		order, p := readOrder(e, action)
		if p != nil {
			return p.reply(ctx, e), nil
		}
		order.ID = id
		return d.carryOut(ctx, e, action, order), nil
	}
}

// orderPath takes /v1/payouts/{id}/{action} apart. Actions are listed, and not taken from the path:
// a new constant of the domain is no route until somebody decides it.
func orderPath(path string) (id string, _ payout.Action, _ bool) {
	rest, ours := strings.CutPrefix(path, "/v1/payouts/")
	id, action, found := strings.Cut(rest, "/")
	switch payout.Action(action) {
	case payout.Cancel, payout.Resolve, payout.Resend, payout.ResendEvent:
		return id, payout.Action(action), ours && found
	}
	return "", "", false
}

// readOrder decodes an order. Who gives it comes from the signature of the request
// and from nowhere else. A name in the body would let one person give the orders of two.
func readOrder(e Event, action payout.Action) (payout.Order, *Problem) {
	by, identities := caller(e)
	if by == "" {
		p := problem(http.StatusForbidden, PrincipalMissing, "an order needs a principal: sign the request")
		return payout.Order{}, &p
	}
	raw, err := body(e, BodyLimit)
	if err != nil {
		p := unreadableProblem(err)
		return payout.Order{}, &p
	}
	tree, err := jsontree.Parse(raw, jsontree.DefaultLimits)
	if err != nil {
		p := unreadableProblem(err)
		return payout.Order{}, &p
	}
	var (
		d     decoder
		as    string
		order = payout.Order{By: by, Identities: identities}
	)
	known := members{"reason": d.text(&order.Reason), "evidence": d.text(&order.Evidence), "sequence": d.number(&order.Sequence)}
	// Members that mean nothing for an action are unknown to it: an "as" beside a cancel shows that
	// its writer expects something else to happen.
	if action == payout.Resolve {
		known["as"] = d.text(&as)
	}
	if action == payout.ResendEvent {
		known["event"] = d.number(&order.Event)
	}
	d.object("", tree, known)
	order.As = payout.Resolution(as)
	if len(d.faults) > 0 {
		p := problem(http.StatusBadRequest, InvalidBody, "the order could not be read; errors lists every fault")
		p.Errors = fieldErrors(d.faults)
		return payout.Order{}, &p
	}
	return order, nil
}

// carryOut gives the order to the use case. 200 says that it is stored, 202 that a second
// registered person has to give the same one; the payout in the answer holds the proposal and what
// to confirm.
func (d Operate) carryOut(ctx context.Context, e Event, action payout.Action, order payout.Order) Reply {
	does := map[payout.Action]func(context.Context, payout.Order) (payout.Ordered, error){
		payout.Cancel: d.Operator.Cancel, payout.Resolve: d.Operator.Resolve, payout.Resend: d.Operator.Resend,
		payout.ResendEvent: d.Operator.ResendEvent,
	}[action]
	done, err := does(ctx, order)
	if err != nil {
		return d.refused(ctx, e, err)
	}
	d.Log.LogAttrs(ctx, slog.LevelInfo, "order carried out", slog.String("request_id", requestID(ctx, e)),
		slog.String("route", string(action)), slog.String("payout_id", string(order.ID)),
		slog.String("status", string(done.Payout.Status)))
	status := http.StatusOK
	if done.Awaiting {
		status = http.StatusAccepted
	}
	return jsonReply(status, viewWithHistory(d.shown(done.Payout)))
}

// shown is a payout as a table that was restored has to show it. Operators see it like readers: a
// failure of before the restore is safe for neither.
func (d Operate) shown(p payout.Payout) payout.Payout {
	if d.Restored == nil {
		return p
	}
	return p.AsRestored(d.Restored())
}

// orderProblems says how each refusal of an order is answered.
var orderProblems = map[payout.OrderProblem]struct {
	status int
	code   Code
}{
	payout.OrderUnreadable:   {http.StatusBadRequest, InvalidBody},
	payout.OrderUnknown:      {http.StatusNotFound, NotFound},
	payout.OrderNotPossible:  {http.StatusConflict, NotPossible},
	payout.OrderBusy:         {http.StatusConflict, PayoutBusy},
	payout.OrderOutdated:     {http.StatusConflict, OrderOutdated},
	payout.OrderPaused:       {http.StatusConflict, ProviderPaused},
	payout.OrderInexpressive: {http.StatusUnprocessableEntity, InvalidBody},
	payout.OrderIncomplete:   {http.StatusUnprocessableEntity, ReleaseIncomplete},
	payout.OrderUnavailable:  {http.StatusServiceUnavailable, ServiceUnavailable},

	payout.OrderPeopleNotRegistered: {http.StatusForbidden, PeopleNotRegistered},
}

// refused answers an order with its problem. The detail is a sentence of the domain, made for the
// caller; the cause is for the log alone.
func (d Operate) refused(ctx context.Context, e Event, err error) Reply {
	refusal := &payout.OrderRefused{Problem: payout.OrderUnavailable, Detail: "the order could not be carried out", Cause: err}
	errors.As(err, &refusal)
	kind := orderProblems[refusal.Problem]
	p := problem(kind.status, kind.code, refusal.Detail)
	p.Errors = fieldErrors(refusal.Faults)
	d.tellUnstored(ctx, e, err)
	d.Log.LogAttrs(ctx, refusedLevel(err), "order refused", slog.String("request_id", requestID(ctx, e)),
		slog.String("code", string(p.Code)), slog.Any("error", refusal.Cause))
	return p.reply(ctx, e)
}

// tellUnstored signals an order that was not stored. What only reads stores nothing. A 503 is no
// error of the function to Lambda, so that without the signal no alarm would see that orders fail.
func (d Operate) tellUnstored(ctx context.Context, e Event, err error) {
	if d.Signals != nil && method(e) != http.MethodGet && payout.Unstored(err) {
		d.Signals.Signal(ctx, payout.SignalNotStored, "", "")
	}
}

// fieldErrors writes faults for the answer, no more than mostFaults of them: those of the domain
// were not bounded by the decoder.
func fieldErrors(faults []payout.Fault) []FieldError {
	var all []FieldError
	for _, f := range faults[:min(len(faults), mostFaults)] {
		all = append(all, FieldError{Pointer: f.Pointer, Code: string(f.Code), Detail: f.Message})
	}
	return all
}
