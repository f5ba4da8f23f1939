package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/vexora"
)

func lines(t *testing.T, out *bytes.Buffer) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(out.String()) {
		var decoded map[string]any
		if err := json.Unmarshal([]byte(line), &decoded); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, decoded)
	}
	return all
}

func TestOnlyListedKeysAreLogged(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo)
	const personal = "88990011"
	log.Info("m", "payout_id", "po_x", "account_number", personal)
	log.With("email", personal).Info("m")
	log.WithGroup("g").Info("m", "payout_id", personal)
	log.Info("m", slog.Group("g", "status", personal))
	log.Info("m", slog.Group("g", slog.Group("h", "code", personal)))
	log.Info("m", "draft", payout.Draft{Destination: payout.Destination{AccountNumber: personal}})
	log.Info("m", "metadata", map[string]string{"a": personal})
	log.Debug("m", "payout_id", personal)
	if strings.Contains(out.String(), personal) {
		t.Errorf("logged:\n%s", out.String())
	}
	all := lines(t, &out)
	if len(all) != 7 || all[0]["payout_id"] != "po_x" || all[0]["msg"] != "m" || all[0]["level"] != "INFO" {
		t.Errorf("%v", all)
	}
}

func TestWhatIsAuditedIsLoggedAtEveryLevel(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelError)
	log.Log(t.Context(), telemetry.LevelAudit, "m", "principal", "arn:p", "sequence", 3)
	if got := lines(t, &out)[0]; got["level"] != "AUDIT" || got["principal"] != "arn:p" || got["sequence"] != 3.0 {
		t.Errorf("%v", got)
	}
}

func TestErrorsAreLoggedAsTheirText(t *testing.T) {
	var out bytes.Buffer
	telemetry.NewLogger(&out, slog.LevelInfo).Error("m", "error", errors.New("the table is away"))
	if got := lines(t, &out)[0]["error"]; got != "the table is away" {
		t.Errorf("%v", got)
	}
}

func TestASignalIsALineThatCloudWatchCounts(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	for _, name := range payout.AllSignals {
		var out bytes.Buffer
		signals := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelError), "prod", func() time.Time { return at })
		signals.Signal(context.Background(), name, vexora.Name, "po_x")
		line := lines(t, &out)[0]
		// The embedded metric format: _aws.Timestamp in milliseconds, and each metric
		// and dimension as a member of the root.
		raw, err := json.Marshal(line["_aws"])
		if err != nil {
			t.Fatal(err)
		}
		var directive struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		}
		if err := json.Unmarshal(raw, &directive); err != nil || len(directive.CloudWatchMetrics) != 1 {
			t.Fatalf("%s: %s, %v", name, raw, err)
		}
		set := directive.CloudWatchMetrics[0]
		if directive.Timestamp != at.UnixMilli() || set.Namespace != telemetry.Namespace || set.Metrics[0].Name != string(name) || set.Metrics[0].Unit != "Count" {
			t.Errorf("%s: %s", name, raw)
		}
		if fmt.Sprint(line[string(name)]) != "1" {
			t.Errorf("%s is not counted: %v", name, line)
		}
		// Alarms watch the stage; the provider says where to look.
		where := "[[stage] [stage provider]]"
		if name == payout.SignalNotStored {
			where = "[[stage]]" // here no function runs
		}
		if fmt.Sprint(set.Dimensions) != where || line["stage"] != "prod" || line["provider"] != "vexora" {
			t.Errorf("%s: dimensions %v of %v", name, set.Dimensions, line)
		}
		if line["payout_id"] != "po_x" {
			t.Errorf("%s: %v", name, line)
		}
	}
}

// TestWhatIsNotStoredIsCountedForTheVersionThatFails: a deployment goes back by the failures of
// the new version, and the old one's must not stop the one that mends them.
func TestWhatIsNotStoredIsCountedForTheVersionThatFails(t *testing.T) {
	var out bytes.Buffer
	at := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	signals := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelError), "prod", func() time.Time { return at }).Of("stack-CreatePayout-1", "7")
	const failures = 300
	for range failures { // whoever has seen a genuine callback can post it again while nothing is stored
		signals.Signal(context.Background(), payout.SignalNotStored, vexora.Name, "po_x")
	}
	all := lines(t, &out)
	if all[0]["function"] != "stack-CreatePayout-1" || all[0]["version"] != "7" || all[0]["stage"] != "prod" {
		t.Errorf("%v", all[0])
	}
	if where := fmt.Sprint(all[0]["_aws"]); !strings.Contains(where, "Dimensions:[[stage] [stage function version]]") {
		t.Error(where)
	}
	if len(all) > 20 {
		t.Errorf("%d lines of one minute", len(all))
	}
}

// CloudWatch takes no dimension without a value.
func TestASignalWithoutAProviderHasNoDimensionForIt(t *testing.T) {
	var out bytes.Buffer
	telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelError), "prod", time.Now).Signal(context.Background(), payout.SignalControls, "", "")
	if where := fmt.Sprint(lines(t, &out)[0]["_aws"]); !strings.Contains(where, "Dimensions:[[stage]]") {
		t.Error(where)
	}
}

// TestABadSignatureIsCountedBesideWhatVerified: an alarm compares the two, and CloudWatch
// compares nothing with a metric that has no value.
func TestABadSignatureIsCountedBesideWhatVerified(t *testing.T) {
	var out bytes.Buffer
	signals := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelInfo), "prod", time.Now)
	signals.Signal(context.Background(), payout.SignalBadSignature, vexora.Name, "")
	line := lines(t, &out)[0]
	if fmt.Sprint(line["callback_signature"], line["callback_verified"]) != "1 0" || !strings.Contains(fmt.Sprint(line["_aws"]), "Name:callback_verified") {
		t.Errorf("%v", line)
	}
}

func TestASurveyIsOneLineThatNoLogLevelSilences(t *testing.T) {
	var out bytes.Buffer
	signals := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelError), "prod", time.Now)
	signals.Survey(context.Background(), payout.Survey{
		Waiting: map[payout.Reason]int{payout.Contradiction: 2}, OldestUnknown: 90 * time.Minute, AtLeast: true,
	})
	line := lines(t, &out)[0]
	if line["level"] != "METRIC" || fmt.Sprint(line["desk_oldest_unknown_seconds"]) != "5400" || line["at_least"] != true {
		t.Errorf("%v", line)
	}
	directive := fmt.Sprint(line["_aws"])
	for _, reason := range payout.Reasons {
		want, name := 0, "desk_"+string(reason)
		if reason == payout.Contradiction {
			want = 2
		}
		if fmt.Sprint(line[name]) != fmt.Sprint(want) || !strings.Contains(directive, "Name:"+name+" ") {
			t.Errorf("%s: %v in %v", name, line[name], line)
		}
	}
}

func TestABalanceIsAMetricPerProviderAndCurrency(t *testing.T) {
	var out bytes.Buffer
	signals := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelInfo), "prod", time.Now)
	signals.Balance(context.Background(), vexora.Name, payout.Balance{Currency: money.KHR, Available: 999_898_912})
	line := lines(t, &out)[0]
	if fmt.Sprint(line["available_balance"]) != "9.99898912e+08" || line["currency"] != "KHR" || line["provider"] != "vexora" {
		t.Errorf("%v", line)
	}
	if directive := fmt.Sprint(line["_aws"]); !strings.Contains(directive, "Dimensions:[[stage provider currency]]") || !strings.Contains(directive, "Name:available_balance") {
		t.Error(directive)
	}
}

// Whoever tries recipients out, or holds another caller's money, is seen by the payouts that are
// held: for each caller a few lines, whatever the level, and those beside his own hide none of
// those beside another's.
func TestWhatIsHeldAsADuplicateIsCountedForItsCaller(t *testing.T) {
	var out bytes.Buffer
	s := telemetry.NewSignals(telemetry.NewLogger(&out, slog.LevelError), "test", time.Now)
	tell := func(by, similarBy payout.Principal, times int) {
		for range times {
			s.Duplicate(t.Context(), payout.Payout{ID: "po_1", Provider: "vexora", CreatedBy: by, SimilarTo: "po_2", SimilarBy: similarBy})
		}
	}
	tell("insider", "insider", 1000)
	tell("insider", "payroll", 3)
	tell("payroll", "", 2)
	lines, told, metrics := map[string]int{}, map[string]int{}, 0
	for line := range strings.Lines(out.String()) {
		var said struct {
			Level, Msg, Principal string
			Count                 int
			PayoutID              string `json:"payout_id"`
			To                    string `json:"similar_to"`
			By                    string `json:"similar_by"`
			Metric                int    `json:"possible_duplicate"`
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		metrics += said.Metric
		if said.Metric > 0 {
			continue
		}
		if said.Msg != "possible duplicate" || said.Level != "AUDIT" || said.PayoutID != "po_1" || said.To != "po_2" {
			t.Fatal(line)
		}
		lines[said.Principal+" "+said.By]++
		told[said.Principal+" "+said.By] += said.Count
	}
	own := "insider insider"
	if metrics != 1005 || lines[own] > 40 || told[own] < 500 || told[own] > 1000 || told["insider payroll"] != 3 || told["payroll "] != 2 {
		t.Errorf("metric %d; lines %v, for %v", metrics, lines, told)
	}
}
