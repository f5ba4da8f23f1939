package boot

import (
	"time"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/wire"
)

// The configurations of the functions: each holds what the function uses, so
// that a missing variable stops only those that need it. A test in pkg/template holds template.yaml
// to them.
type (
	// CreateConfig is that of create-payout.
	CreateConfig struct {
		Common
		Storage
		Providers
		Routing
		Tuning
		Caution
		Retention
		StackKey
	}
	// ReconcileConfig is that of reconcile-payouts.
	ReconcileConfig struct {
		Common
		Storage
		Providers
		Tuning
		Age
		Reserves
		Caution
		Retention
		Webhook
		StackKey
	}
	// NotifyConfig is that of notify-merchant.
	NotifyConfig struct {
		Common
		Storage
		Webhook
		Outflow
		Restore
	}
	// OperateConfig is that of operate-payout.
	OperateConfig struct {
		Common
		Storage
		Providers
		Tuning
		Caution
		Retention
		People
		StackKey
	}
	// ReadConfig is that of get-payout.
	ReadConfig struct {
		Common
		Storage
		Tuning
		Restore
	}
)

// Assemble brings together what a function stands on and what its environment says.
func Assemble(on wire.Parts, c Config) wire.Assembly {
	return wire.Assembly{Parts: on, Settings: c.settings()}
}

func (c CreateConfig) settings() wire.Settings {
	s := c.submitting(c.Common, c.Storage, c.Restore)
	s.Tuning, s.StackKey = wire.Tuning(c.Tuning.Settings), c.StackKeySecretID
	s.Policy = c.Caution.policy(s.Policy)
	s.Policy.Order, s.Policy.RedactAfter = names(c.Order), c.Retention.duration()
	return s
}

func (c CreateConfig) proofs(a wire.Assembly) []wire.Proof {
	return append(a.RequestProofs(), a.ControlsProof())
}

func (c ReconcileConfig) settings() wire.Settings {
	s := c.submitting(c.Common, c.Storage, c.Restore)
	s.Tuning, s.StackKey, s.Webhook = wire.Tuning(c.Tuning.Settings), c.StackKeySecretID, c.Webhook.SecretID
	s.Policy = c.Caution.policy(s.Policy)
	s.Policy.QueuedMaxAge, s.Policy.RedactAfter, s.Policy.Reserves = time.Duration(c.QueuedMaxAge), c.Retention.duration(), c.Reserves.amounts()
	return s
}

func (c ReconcileConfig) proofs(a wire.Assembly) []wire.Proof {
	return append(a.RequestProofs(), a.ControlsProof(), a.EventProof())
}

func (c OperateConfig) settings() wire.Settings {
	s := c.submitting(c.Common, c.Storage, c.Restore)
	s.Tuning, s.StackKey, s.People = wire.Tuning(c.Tuning.Settings), c.StackKeySecretID, c.PeopleSecretID
	s.Policy = c.Caution.policy(s.Policy)
	s.Policy.RedactAfter = c.Retention.duration()
	return s
}

func (c OperateConfig) proofs(a wire.Assembly) []wire.Proof {
	return append(a.RequestProofs(), a.ControlsProof(), a.StackKeyProof())
}

// settings of notify-merchant name no provider's secret: it submits nothing.
func (c NotifyConfig) settings() wire.Settings {
	s := settingsOf(c.Common, c.Storage, c.Restore)
	s.Webhook, s.Outflow = c.Webhook.SecretID, c.Limits.OutflowLimits
	return s
}

func (c NotifyConfig) proofs(a wire.Assembly) []wire.Proof {
	return []wire.Proof{a.ControlsProof(), a.EventProof()}
}

func (c ReadConfig) settings() wire.Settings {
	s := settingsOf(c.Common, c.Storage, c.Restore)
	s.Tuning = wire.Tuning(c.Tuning.Settings)
	return s
}

func (c ReadConfig) proofs(a wire.Assembly) []wire.Proof {
	return []wire.Proof{a.ReadProof(), a.ControlsProof()}
}

// settings hold the one provider's link alone: a function for its callbacks can read no other
// provider's keys.
func (c CallbackConfig) settings() wire.Settings {
	s := settingsOf(c.Common, c.Storage, c.Restore)
	s.Links = map[payout.Provider]wire.Link{c.Provider.Facts().Name: {SecretID: c.SecretID}}
	s.Tuning, s.Policy.RedactAfter = wire.Tuning(c.Settings), c.Retention.duration()
	return s
}

func (c CallbackConfig) proofs(a wire.Assembly) []wire.Proof {
	return append([]wire.Proof{a.ControlsProof()}, a.CallbackProofs(c.Provider)...)
}

// settingsOf are those that every function has.
func settingsOf(c Common, s Storage, r Restore) wire.Settings {
	return wire.Settings{
		Policy:   payout.Policy{Namespace: payout.Namespace(s.Namespace), RestoredAt: r.RestoredAt},
		Insecure: c.Insecure, Revision: c.Revision, Schema: dynamo.SchemaVersion,
	}
}

// submitting are the settings of a function that submits.
func (p Providers) submitting(c Common, s Storage, r Restore) wire.Settings {
	all := settingsOf(c, s, r)
	all.Floor, all.Links = p.floor(), p.ByProvider
	return all
}

// policy adds what holds payouts back. The restore itself is not among it: every function is told
// of that, in settingsOf.
func (c Caution) policy(p payout.Policy) payout.Policy {
	p.SameAccounts, p.DuplicateWindow = names(c.SameAccounts), time.Duration(c.DuplicateWindow)
	return p
}
