package vexora

import (
	"encoding/json"
	"fmt"

	"cambodia-payouts/pkg/payout"
)

// SampleNotification is what Vexora would post about a payout that succeeded, signed
// with the account's secret. A selftest verifies it in memory: whoever had it could
// post it, so it is never stored, logged or answered.
func SampleNotification(a Account, p payout.Payout) ([]byte, error) {
	var found faults
	fields := map[string]string{
		"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "SELFTEST", "amount": amountText(p.Amount, &found),
		"status": "0000", "message": "SUCCESS", "timestamp": milliseconds(p.UpdatedAt),
	}
	if len(found) > 0 {
		return nil, fmt.Errorf("vexora: the sample cannot be expressed: %s", found[0].Message)
	}
	fields[signMember] = Sign(fields, a.Secret)
	return json.Marshal(fields)
}
