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
	if service, err = service.Deployed(map[string]string{"IdNamespace": "prod"}); err != nil { // with every option off
		t.Fatal(err)
	}
	made, watched := map[string]int{}, 0
	for _, r := range service.Resources {
		made[r.Type]++
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		list, math := r.Properties["Metrics"].([]any)
		watched += max(len(list)-1, 0) // the first one is the expression
		if !math {
			watched++
		}
	}
	if watched != alarmMetrics {
		t.Errorf("the page counts %d metrics that alarms watch, the template has %d", alarmMetrics, watched)
	}
	if made["AWS::CloudWatch::Alarm"] != alarms || made["AWS::CloudWatch::CompositeAlarm"] != 1 || made["AWS::SecretsManager::Secret"] != secretsOfStack {
		t.Errorf("the page counts %d alarms and %d secrets, the template makes %v", alarms, secretsOfStack, made)
	}
	// One per reason, the oldest unknown, not_configured, the lag, and Vexora's two balances.
	if want := len(payout.Reasons) + 5; metrics != want {
		t.Errorf("the page counts %d metrics, there are %d", metrics, want)
	}
	if prices, err := loadPrices(); err != nil || prices["wru"] == 0 || prices["composite_month"] == 0 {
		t.Errorf("prices %v, %v", prices, err)
	}
}
