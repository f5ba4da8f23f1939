package payout

// Signal is an event that somebody should be alarmed by.
type Signal string

// The signals. They are counted as metrics; alarms watch them.
const (
	SignalOrphan Signal = "orphan"
	// SignalOrphanOfOurs: the number of the orphan is one that we alone give out, so that a
	// payout of this table is missing. A payment by hand never looks so.
	SignalOrphanOfOurs     Signal = "orphan_of_ours"
	SignalContradiction    Signal = "contradiction"
	SignalMismatch         Signal = "callback_mismatch"
	SignalDoublePayment    Signal = "double_payment_suspected"
	SignalUnlisted         Signal = "unlisted_status"
	SignalReturned         Signal = "returned"
	SignalAboutUs          Signal = "provider_configuration"
	SignalUnknown          Signal = "unknown"
	SignalUnknownTooLong   Signal = "unknown_too_long"
	SignalQueuedTooLong    Signal = "queued_too_long"
	SignalBadSignature     Signal = "callback_signature"
	SignalForeignCallback  Signal = "callback_unusable"
	SignalUnrelatedPayment Signal = "callback_not_payout"
	SignalPaused           Signal = "provider_paused"
	// SignalCallerPaused: the payouts of one caller wait, and those of the others go on.
	SignalCallerPaused Signal = "caller_paused"
	SignalDuplicate    Signal = "possible_duplicate"
	SignalLowBalance   Signal = "low_balance"
	SignalWebhookDown  Signal = "webhook_down"
	SignalControls     Signal = "controls_changed" // somebody tightened something
	// SignalControlsReleased: two people loosened something. Apart from the others, since an
	// alarm acts once for a burst of one metric.
	SignalControlsReleased Signal = "controls_released"
	// SignalOutflowHeld: the outflow brake held a provider.
	SignalOutflowHeld Signal = "outflow_held"
	// SignalOutflowUncounted: submissions were not counted, so that the outflow brake may hold
	// too late.
	SignalOutflowUncounted Signal = "outflow_not_counted"
	// SignalNotStored: something that had to be stored was not, so that whoever sent it was told
	// to send it again; or an answer of the provider's was not recorded. See [Unstored].
	SignalNotStored Signal = "not_stored"
	// SignalControlsUnread: a process could not read the controls for so long that it holds
	// everything and believes no callback.
	SignalControlsUnread Signal = "controls_unread"
	// SignalKeysUnread: a callback could not be verified, since the provider's secret cannot be
	// read. Anybody can post while that is so.
	SignalKeysUnread Signal = "keys_unread"
	// SignalVerified is no trouble: callbacks of a provider verify. Without it nobody could
	// tell a wrong key from a stranger.
	SignalVerified Signal = "callback_verified"
)

// AllSignals lists the signals. What counts them, and the test that each is watched, go by it.
var AllSignals = []Signal{
	SignalOrphan, SignalOrphanOfOurs, SignalContradiction, SignalMismatch, SignalDoublePayment, SignalUnlisted,
	SignalReturned, SignalAboutUs, SignalUnknown, SignalUnknownTooLong, SignalQueuedTooLong, SignalBadSignature,
	SignalForeignCallback, SignalUnrelatedPayment, SignalPaused, SignalCallerPaused, SignalDuplicate,
	SignalLowBalance, SignalWebhookDown, SignalControls, SignalControlsReleased, SignalOutflowHeld,
	SignalOutflowUncounted, SignalNotStored, SignalControlsUnread, SignalKeysUnread, SignalVerified,
}
