package payout

// FaultCode is the machine-readable kind of a fault in a request.
type FaultCode string

// The codes of faults. The edge turns the first one into the problem's code.
const (
	InvalidRequest        FaultCode = "invalid-request"         // readable, but against a rule
	UnsupportedCurrency   FaultCode = "unsupported-currency"    //
	UnsupportedBank       FaultCode = "unsupported-bank"        // not in the directory, or not enabled for the provider
	AmountNotExpressible  FaultCode = "amount-not-expressible"  // the provider has no way to say it
	AmountAboveCap        FaultCode = "amount-above-cap"        // MAX_AMOUNT_KHR, MAX_AMOUNT_USD
	ProviderNotConfigured FaultCode = "provider-not-configured" // a secret or setting is missing
)

// Fault is one thing that is wrong with a request, at a JSON pointer into it. The
// message is ours: it never repeats what the caller or a provider wrote.
type Fault struct {
	Pointer string
	Code    FaultCode
	Message string
}
