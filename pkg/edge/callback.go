package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"cambodia-payouts/pkg/payout"
)

// Receiver is the story that NewCallback serves; *payout.Receiver implements it.
type Receiver interface {
	Receive(ctx context.Context, c payout.Claim) (payout.Verdict, error)
}

// Callback is what a provider's callback function needs.
type Callback struct {
	Provider payout.Provider
	Verifier payout.Verifier
	Receiver Receiver
	Signals  payout.Signals
	Log      *slog.Logger
}

// thanks is the answer that ends a provider's retries. Vexora's pages ask for
// the bare text OK; Monetix looks at the status alone.
func thanks() Reply { return textReply(http.StatusOK, "OK") }

// NewCallback serves a provider's callbacks, on the function's own URL (path /)
// and on the API's route. The order is fixed: size, JSON, signature, meaning; and
// nothing is acknowledged before it is stored.
func NewCallback(c Callback) Handler {
	route := "/v1/callbacks/" + string(c.Provider)
	return func(ctx context.Context, e Event) (Reply, error) {
		if p := routed(e, http.MethodPost, "/", "", route); p != nil {
			return p.reply(ctx, e), nil
		}
		raw, err := body(e, BodyLimit)
		if err != nil {
			return unreadableProblem(err).reply(ctx, e), nil
		}
		claim, err := c.Verifier.Verify(ctx, raw)
		if err != nil {
			return c.refuse(ctx, e, err), nil
		}
		verdict, err := c.Receiver.Receive(ctx, claim)
		if err != nil {
			return c.unavailable(ctx, e, err), nil
		}
		c.Log.LogAttrs(ctx, slog.LevelInfo, "callback stored",
			slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)),
			slog.String("verdict", string(verdict)), slog.String("payout_id", string(idOf(claim))))
		return thanks(), nil
	}
}

func idOf(c payout.Claim) payout.ID {
	id, _, _ := payout.ParseProviderReference(c.Reference)
	return id
}

// refuse answers a callback that was not verified. 401 speaks of the signature
// and of nothing else, so that a person on call can trust it.
func (c Callback) refuse(ctx context.Context, e Event, err error) Reply {
	var p Problem
	switch {
	case errors.Is(err, payout.ErrCallbackUnrelated):
		c.Signals.Signal(ctx, payout.SignalUnrelatedPayment, c.Provider, "")
		return thanks()
	case errors.Is(err, payout.ErrCallbackMalformed):
		p = problem(http.StatusBadRequest, InvalidJSON, "the body is not the documented JSON")
	case errors.Is(err, payout.ErrCallbackSignature):
		c.Signals.Signal(ctx, payout.SignalBadSignature, c.Provider, "")
		p = problem(http.StatusUnauthorized, SignatureInvalid, "the signature does not verify")
	case errors.Is(err, payout.ErrCallbackUnusable):
		c.Signals.Signal(ctx, payout.SignalForeignCallback, c.Provider, "")
		p = problem(http.StatusBadRequest, CallbackUnusable, "the callback is not about this project, or names no payment")
	default:
		return c.unavailable(ctx, e, err)
	}
	c.Log.LogAttrs(ctx, slog.LevelWarn, "callback refused",
		slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)),
		slog.String("code", string(p.Code)), slog.Any("error", err))
	return p.reply(ctx, e)
}

// unavailable asks the provider to come again.
func (c Callback) unavailable(ctx context.Context, e Event, err error) Reply {
	c.Log.LogAttrs(ctx, slog.LevelError, "callback not stored",
		slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)), slog.Any("error", err))
	return problem(http.StatusServiceUnavailable, ServiceUnavailable, "the callback could not be stored; send it again").reply(ctx, e)
}
