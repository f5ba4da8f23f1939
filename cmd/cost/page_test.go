package main

import (
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/template"
)

// TestThePageCountsWhatTheTemplateMakes keeps the monthly part honest.
func TestThePageCountsWhatTheTemplateMakes(t *testing.T) {
	service, err := template.Load("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]int{}
	for _, r := range service.Resources {
		made[r.Type]++
	}
	if made["AWS::CloudWatch::Alarm"] != alarms || made["AWS::CloudWatch::CompositeAlarm"] != 1 || made["AWS::SecretsManager::Secret"] != secretsOfStack {
		t.Errorf("the page counts %d alarms and %d secrets, the template makes %v", alarms, secretsOfStack, made)
	}
	// One per reason, the oldest unknown, the lag, and Vexora's two balances.
	if want := len(payout.Reasons) + 4; metrics != want {
		t.Errorf("the page counts %d metrics, there are %d", metrics, want)
	}
	if prices, err := loadPrices(); err != nil || prices["wru"] == 0 || prices["composite_month"] == 0 {
		t.Errorf("prices %v, %v", prices, err)
	}
}
