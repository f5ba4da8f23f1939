package wire

import (
	"context"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/webhook"
)

// Notify builds what notify-merchant serves. Without OUTFLOW_LIMITS nobody counts, and the table is
// asked nothing for it (decision 0025).
func (a Assembly) Notify() (edge.Notify, error) {
	notifier, err := a.Notifier()
	if err != nil {
		return edge.Notify{}, err
	}
	n := edge.Notify{Notifier: notifier, Log: a.Log}
	if len(a.Outflow) == 0 {
		return n, nil
	}
	chance := a.chance()
	n.Outflow, err = payout.NewOutflow(payout.OutflowPorts{
		Desk: a.Store, Signals: a.signals(), Now: a.now, NewToken: chance.NewToken, Pause: chance.Pause,
	}, a.Outflow)
	return n, err
}

// Notifier tells the feed, and the webhook if there is one. It starts while the
// secret cannot be read: the feed needs none.
func (a Assembly) Notifier() (*payout.Notifier, error) {
	signals, chance := a.signals(), a.chance()
	quiet := a
	quiet.Floor = payout.Floor{} // events are told whatever is held
	return payout.NewNotifier(payout.NotifierPorts{
		Store: a.Store, Endpoint: wrapped[payout.Endpoint](a.endpoint(), a.Around.Endpoint), Signals: signals, Breaker: quiet.breaker(),
		Now: a.now, NewToken: chance.NewToken, Jitter: chance.Jitter, Heard: a.heard(signals),
	})
}

// endpoint is never nil: without a secret it says that there is no endpoint, and events go to the
// feed alone.
func (a Assembly) endpoint() *webhook.Client {
	rules := webhook.Rules{AllowInsecure: a.Insecure}
	if a.Webhook == "" {
		return webhook.NewClient(nil, rules, a.now)
	}
	keys := secrets.NewCache(a.Webhook, a.Secrets, func(document []byte) (webhook.Credentials, error) {
		return webhook.ParseCredentials(document, rules)
	}, a.caching(payout.EndpointPause))
	return webhook.NewClient(keys, rules, a.now)
}

// heard logs one attempt, and how late it was. What was not taken is not an error
// of ours, and comes again; the review queue says when it does not.
func (a Assembly) heard(told *telemetry.Signals) func(context.Context, payout.Event, payout.Delivery) {
	return func(ctx context.Context, event payout.Event, delivery payout.Delivery) {
		a.Log.LogAttrs(ctx, slog.LevelInfo, "event told", slog.String("payout_id", string(event.PayoutID)), slog.String("event", string(event.ID)),
			slog.String("verdict", string(delivery.Result)), slog.String("detail", delivery.Detail))
		if at, err := time.Parse(time.RFC3339, event.Timestamp); err == nil && delivery.Result == payout.Delivered {
			told.Told(ctx, a.now().Sub(at))
		}
	}
}
