package boot

// The configurations of the functions: each holds what the function uses, so
// that a missing variable stops only those that need it.
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
