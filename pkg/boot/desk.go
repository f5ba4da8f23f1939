package boot

import (
	"context"
	"errors"
	"log/slog"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// Desk builds what operate-payout serves. The controls have to be there when a provider's
// secret, the stack key or Secrets Manager is not: it needs the table to start, and no secret.
func (d Deployment) Desk(ctx context.Context, c OperateConfig) (edge.Desk, error) {
	mappings, problem := c.Settings.mappings()
	ports, err := d.ports(ctx, c.Common, c.Storage, c.Providers, c.Settings, c.StackKey, c.RestoredAt, later)
	if err := errors.Join(inSettings(problem), err); err != nil {
		return edge.Desk{}, err
	}
	remembered, err := d.remembered(ctx, c.Restore)
	if err != nil {
		return edge.Desk{}, err
	}
	policy := payout.Policy{
		Namespace: payout.Namespace(c.Namespace), RestoredAt: c.RestoredAt, Remembered: remembered, RedactAfter: c.Retention.duration(),
		SameAccounts: names(c.SameAccounts), DuplicateWindow: c.DuplicateWindow,
	}
	ports.People = d.people(ctx, c.PeopleSecretID) // who stands behind a principal: orders for two ask it
	operator, err := payout.NewOperator(ports, policy)
	if err != nil {
		return edge.Desk{}, err
	}
	receiver := payout.NewReceiver(d.Store, d.signals(c.Storage), policy)
	return edge.Desk{
		Operator: operator, Evidence: d.Store, Restored: policy.LastRestore(), Log: d.Log, Signals: d.signals(c.Storage),
		Statements: edge.Statements{
			Importer: payout.NewImporter(d.Store, receiver, ports.People, d.now), Archive: d.Store, Mappings: mappings, KeepFor: policy.RedactAfter,
		},
	}, nil
}

// onOrder is a connector that an order opens.
type onOrder struct {
	payout.Connector
	provider payout.Provider
	warm     func(context.Context) error
	log      *slog.Logger
}

// Check implements payout.Connector. Whoever gives the order is told that the secret is what
// is missing; why it cannot be read is in the log.
func (o onOrder) Check(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	err := o.warm(ctx)
	if err == nil || notConfigured(err) {
		return o.Connector.Check(ctx, p)
	}
	o.log.LogAttrs(ctx, slog.LevelError, "provider not usable", slog.String("provider", string(o.provider)), slog.Any("error", err))
	return []payout.Fault{{
		Pointer: "/provider", Code: payout.ProviderNotConfigured,
		Message: "the secret with the credentials of " + string(o.provider) + " cannot be read; nothing was sent. The log of operate-payout says why",
	}}, nil
}
