package boot

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/webhook"
)

// Notify builds what notify-merchant serves.
func (d Deployment) Notify(c NotifyConfig) (edge.Notify, error) {
	notifier, err := d.Notifier(c)
	if err != nil {
		return edge.Notify{}, err
	}
	n := edge.Notify{Notifier: notifier, Log: d.Log}
	if len(c.Limits.OutflowLimits) == 0 {
		return n, nil
	}
	n.Outflow, err = payout.NewOutflow(payout.OutflowPorts{
		Desk: d.Store, Signals: d.signals(c.Storage), Now: d.now, NewToken: rand.Text, Pause: pause,
	}, c.Limits.OutflowLimits)
	return n, err
}

// Notifier builds the telling of notify-merchant.
func (d Deployment) Notifier(c NotifyConfig) (*payout.Notifier, error) {
	return d.notifier(c.Common, c.Storage, c.Webhook, c.Restore)
}

// notifier tells the feed, and the webhook if there is one. It starts while the
// secret cannot be read: the feed needs none.
func (d Deployment) notifier(c Common, s Storage, w Webhook, r Restore) (*payout.Notifier, error) {
	signals := d.counted(s)
	return payout.NewNotifier(payout.NotifierPorts{
		Store: d.Store, Endpoint: d.endpoint(c, w), Signals: signals, Breaker: d.breaker(s, payout.Floor{RestoredAt: r.RestoredAt}),
		Now: d.now, NewToken: rand.Text, Jitter: jitter, Heard: d.heard(signals),
	})
}

func (d Deployment) endpoint(c Common, w Webhook) *webhook.Client {
	rules := webhook.Rules{AllowInsecure: c.Insecure}
	if w.SecretID == "" {
		return webhook.NewClient(nil, rules, d.now)
	}
	keys := secrets.NewCache(w.SecretID, d.Secrets, func(document []byte) (webhook.Credentials, error) {
		return webhook.ParseCredentials(document, rules)
	}, d.cacheOptions(payout.EndpointPause))
	return webhook.NewClient(keys, rules, d.now)
}

// heard logs one attempt, and how late it was. What was not taken is not an error
// of ours, and comes again; the review queue says when it does not.
func (d Deployment) heard(told *telemetry.Signals) func(context.Context, payout.Event, payout.Delivery) {
	return func(ctx context.Context, event payout.Event, delivery payout.Delivery) {
		d.Log.LogAttrs(ctx, slog.LevelInfo, "event told", slog.String("payout_id", string(event.PayoutID)), slog.String("event", string(event.ID)),
			slog.String("verdict", string(delivery.Result)), slog.String("detail", delivery.Detail))
		if at, err := time.Parse(time.RFC3339, event.Timestamp); err == nil && delivery.Result == payout.Delivered {
			told.Told(ctx, d.now().Sub(at))
		}
	}
}
