package boot

import (
	"context"
	"crypto/rand"
	"log/slog"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/webhook"
)

// Herald builds what notify-merchant serves.
func (d Deployment) Herald(c NotifyConfig) (*payout.Herald, error) {
	return d.herald(c.Common, c.Storage, c.Webhook)
}

// herald tells the feed, and the webhook if there is one. It starts while the
// secret cannot be read: the feed needs none.
func (d Deployment) herald(c Common, s Storage, w Webhook) (*payout.Herald, error) {
	return payout.NewHerald(payout.HeraldPorts{
		Store: d.Store, Endpoint: d.endpoint(c, w), Signals: d.signals(s), Brakes: payout.NewBrakes(d.Store),
		Now: d.now, NewToken: rand.Text, Jitter: jitter, Heard: d.heard,
	})
}

func (d Deployment) endpoint(c Common, w Webhook) payout.Endpoint {
	rules := webhook.Rules{AllowInsecure: c.Insecure}
	if w.SecretID == "" {
		return webhook.NewClient(nil, rules, d.now)
	}
	keys := secrets.NewCache(w.SecretID, d.Secrets, func(document []byte) (webhook.Credentials, error) {
		return webhook.ParseCredentials(document, rules)
	}, d.cacheOptions(payout.EndpointBrakes))
	return webhook.NewClient(keys, rules, d.now)
}

// heard logs one attempt. What was not taken is not an error of ours, and comes
// again; the desk says when it does not.
func (d Deployment) heard(ctx context.Context, id payout.ID, event payout.EventID, delivery payout.Delivery) {
	d.Log.LogAttrs(ctx, slog.LevelInfo, "event told", slog.String("payout_id", string(id)), slog.String("event", string(event)),
		slog.String("verdict", string(delivery.Result)), slog.String("detail", delivery.Detail))
}
