package boot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
)

// Operate builds what operate-payout serves. The controls have to be there when a provider's
// secret, the stack key or Secrets Manager is not: it needs the table to start, and no secret.
func (d Deployment) Operate(ctx context.Context, c OperateConfig) (edge.Operate, error) {
	mappings, problem := c.Settings.mappings()
	ports, err := d.ports(ctx, c.Common, c.Storage, c.Providers, c.Settings, c.StackKey, c.Restore, later)
	if err := errors.Join(inSettings(problem), err); err != nil {
		return edge.Operate{}, err
	}
	if _, err := ports.Breaker.Restored(ctx, d.now()); err != nil {
		return edge.Operate{}, err // no order can be weighed by whoever does not know of a restore
	}
	policy := payout.Policy{
		Namespace: payout.Namespace(c.Namespace), RestoredAt: c.RestoredAt, Remembered: ports.Breaker.RestoredAt, RedactAfter: c.Retention.duration(),
		SameAccounts: names(c.SameAccounts), DuplicateWindow: time.Duration(c.DuplicateWindow),
	}
	ports.People = d.people(ctx, c.PeopleSecretID) // who stands behind a principal: orders for two ask it
	operator, err := payout.NewOperator(ports, policy)
	if err != nil {
		return edge.Operate{}, err
	}
	receiver := payout.NewReceiver(d.Store, d.signals(c.Storage), policy)
	return edge.Operate{
		Operator: operator, Evidence: d.Store, Restored: policy.LastRestore, Log: d.Log, Signals: d.signals(c.Storage),
		Statements: edge.Statements{
			Importer: payout.NewImporter(d.Store, receiver, ports.People, d.now), Archive: d.Store, Mappings: mappings, KeepFor: policy.RedactAfter,
		},
	}, nil
}

// onOrder is a connector that an order opens.
type onOrder struct {
	provider.Connection
	provider payout.Provider
	log      *slog.Logger
}

// Prepare implements payout.Connector. Whoever gives the order is told that the secret is what
// is missing; why it cannot be read is in the log.
func (o onOrder) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	err := o.Warm(ctx)
	if err == nil || notConfigured(err) {
		return o.Connector.Prepare(ctx, p)
	}
	o.log.LogAttrs(ctx, slog.LevelError, "provider not usable", slog.String("provider", string(o.provider)), slog.Any("error", err))
	return nil, []payout.Fault{{
		Pointer: "/provider", Code: payout.ProviderNotConfigured,
		Message: "the secret with the credentials of " + string(o.provider) + " cannot be read; nothing was sent. The log of operate-payout says why",
	}}, nil
}
