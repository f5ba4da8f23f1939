package vexora

import (
	"testing"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func TestAnAnswerThatNamesNoTradeNo(t *testing.T) {
	c := asked([]byte(`{"code":"0000","msg":"ok","data":{"status":"00029"}}`), "PAAAAAAAAAAAAAAAAAAAAAAAAAA01", money.KHR)
	if c.Finding == payout.FoundFailed {
		t.Errorf("%s: data names no tradeNo and no amount, and it closes the attempt", c.Finding)
	}
}
