package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"cambodia-payouts/pkg/loglimit"
	"cambodia-payouts/pkg/payout"
)

// Receiver is the use case that NewCallback serves; *payout.Receiver implements it.
type Receiver interface {
	// Receive returns nil only when the claim is durable, or was before. A nil error is
	// acknowledged, and the provider never sends an acknowledged callback again.
	Receive(ctx context.Context, c payout.Claim) (payout.Verdict, error)
}

// Callback is what a provider's callback function needs.
type Callback struct {
	Provider payout.Provider
	Verifier payout.Verifier
	Receiver Receiver
	Signals  payout.Signals
	Log      *slog.Logger
	// Lines bounds the log lines that strangers cause; nil means by the machine's clock.
	Lines *loglimit.Limiter
}

// acknowledged is the answer that ends a provider's retries. Vexora's pages ask for
// the bare text OK; Monetix looks at the status alone. No quote and no line end may stand beside
// it. Vexora repeats a callback for some ten hours until the body is exactly that, as its pages for
// other areas say (vexora.md).
func acknowledged() Reply { return textReply(http.StatusOK, "OK") }

// NewCallback serves a provider's callbacks, on the function's own URL (path /)
// and on the API's route. The order is fixed: size, JSON, signature, meaning; and
// nothing is acknowledged before it is stored. Size comes first, since refusing a stranger has to
// be cheap (decision 0021). JSON comes before the signature, since a signature is over the values
// of the tree (decision 0004).
func NewCallback(c Callback) Handler {
	route := "/v1/callbacks/" + string(c.Provider)
	if c.Lines == nil {
		c.Lines = loglimit.New(time.Now)
	}
	return func(ctx context.Context, e Event) (Reply, error) {
		if p := routed(e, http.MethodPost, "/", "", route); p != nil {
			return p.reply(ctx, e), nil
		}
		// The content type is not looked at: the providers document none, and the signature counts
		// (decision 0021).
		raw, err := body(e, BodyLimit)
		if err != nil {
			p := unreadableProblem(err)
			c.tellRefusal(ctx, e, p, err)
			return p.reply(ctx, e), nil
		}
		claim, err := c.Verifier.Verify(ctx, raw)
		if err != nil {
			return c.refuse(ctx, e, err), nil
		}
		verdict, err := c.Receiver.Receive(ctx, claim)
		if err != nil {
			return c.unstored(ctx, e, claim, err), nil
		}
		// The notice about a wrong key rings while callbacks fail and none verifies (decision
		// 0021). What verifies and is not stored is left out on purpose; see unstored.
		c.Signals.Signal(ctx, payout.SignalVerified, c.Provider, idOf(claim))
		c.tellStored(ctx, e, claim, verdict)
		return acknowledged(), nil
	}
}

// tellStored logs what was stored. Whoever has seen a genuine callback can post it again and
// again, also when it tells less than is known by then. So every line is one about strangers
// unless the payout moved, which happens as often as payouts have states. A verdict that is
// new is bounded until somebody knows better.
func (c Callback) tellStored(ctx context.Context, e Event, claim payout.Claim, verdict payout.Verdict) {
	count := 1
	if verdict != payout.Applied {
		count = c.Lines.Take(string(verdict))
	}
	if count == 0 {
		return
	}
	c.Log.LogAttrs(ctx, slog.LevelInfo, "callback stored",
		slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)),
		slog.String("verdict", string(verdict)), slog.String("payout_id", string(idOf(claim))), slog.Int("count", count))
}

// idOf is the payout that a claim names, for logs and signals; empty if the reference has not our
// format. The reference of a provider holds our id (decision 0001), so nothing is read for it.
func idOf(c payout.Claim) payout.ID {
	id, _, _ := payout.ParseProviderReference(c.Reference)
	return id
}

// refuse answers a callback that was not verified. 401 speaks of the signature
// and of nothing else, so that a person on call can trust it.
func (c Callback) refuse(ctx context.Context, e Event, err error) Reply {
	var p Problem
	switch {
	// Genuine, and about no payout: the provider would repeat it, and each time it would be
	// refused.
	case errors.Is(err, payout.ErrCallbackUnrelated):
		c.Signals.Signal(ctx, payout.SignalUnrelatedPayment, c.Provider, "")
		return acknowledged()
	case errors.Is(err, payout.ErrCallbackMalformed):
		p = problem(http.StatusBadRequest, InvalidJSON, "the body is not the documented JSON")
	// The signal is a notice and pages nobody: whoever knows the address can move it.
	case errors.Is(err, payout.ErrCallbackSignature):
		c.Signals.Signal(ctx, payout.SignalBadSignature, c.Provider, "")
		p = problem(http.StatusUnauthorized, SignatureInvalid, "the signature does not verify")
	// 400 and not 401: the key is right, and whoever looked for a wrong one would lose the time.
	case errors.Is(err, payout.ErrCallbackUnusable):
		c.Signals.Signal(ctx, payout.SignalForeignCallback, c.Provider, "")
		p = problem(http.StatusBadRequest, CallbackUnusable, "the callback is not about this project, or names no payment")
	// Nothing is known about the callback: the keys could not be read, or there are none yet. It
	// may be genuine, so that the provider has to send it again.
	default:
		return c.unavailable(ctx, e, err)
	}
	c.tellRefusal(ctx, e, p, err)
	return p.reply(ctx, e)
}

// tellRefusal logs a refused callback, or counts it for the next line about one. The address is
// public, so that a stranger decides how many refusals there are, and the limiter how many lines.
// The body is not logged: it may hold names and account numbers.
func (c Callback) tellRefusal(ctx context.Context, e Event, p Problem, err error) {
	count := c.Lines.Take(string(p.Code))
	if count == 0 {
		return
	}
	c.Log.LogAttrs(ctx, slog.LevelWarn, "callback refused",
		slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)),
		slog.String("code", string(p.Code)), slog.Int("count", count), slog.Any("error", err))
}

// unstored answers a callback that verifies and was not stored. It is no good news about keys:
// who is on call would look for everything but this.
func (c Callback) unstored(ctx context.Context, e Event, claim payout.Claim, err error) Reply {
	// A table that only has too many requests is left out: the provider comes again, and others
	// watch the throttling.
	if payout.Unstored(err) {
		c.Signals.Signal(ctx, payout.SignalNotStored, c.Provider, idOf(claim))
	}
	return c.unavailable(ctx, e, err)
}

// unavailable asks the provider to come again. While the keys cannot be read nobody is
// told apart, so that these lines are bounded too.
func (c Callback) unavailable(ctx context.Context, e Event, err error) Reply {
	if count := c.Lines.Take(string(ServiceUnavailable)); count > 0 {
		c.Log.LogAttrs(ctx, slog.LevelError, "callback not stored", slog.Int("count", count),
			slog.String("request_id", requestID(ctx, e)), slog.String("provider", string(c.Provider)), slog.Any("error", err))
	}
	// A 5xx that does not say OK: the page of either provider takes it for a reason to come again.
	return problem(http.StatusServiceUnavailable, ServiceUnavailable, "the callback could not be stored; send it again").reply(ctx, e)
}
