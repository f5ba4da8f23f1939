package wire

import (
	"testing"

	"cambodia-payouts/pkg/payout"
)

func TestTheSettingsSayHowManyStatusQueriesAProviderTakes(t *testing.T) {
	said := Tuning{Of: map[payout.Provider][]byte{"vexora": []byte(`{"queries_per_second": 2}`), "monetix": []byte(`{"queries_per_second": 3}`)}}
	if rates, err := said.queryRates(); err != nil || rates["vexora"] != 2 || rates["monetix"] != 3 {
		t.Errorf("%v, %v", rates, err)
	}
	said.Of["monetix"] = []byte(`{"queries_per_second": -1}`)
	if _, err := said.queryRates(); err == nil {
		t.Error("a negative rate was taken")
	}
}
