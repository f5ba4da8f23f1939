package template_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"cambodia-payouts/pkg/template"
)

// counted is how many alarms a stack has, and how many metrics they watch, composites apart.
func counted(s template.Template) (alarms, metrics int) {
	for _, r := range s.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		list, math := r.Properties["Metrics"].([]any)
		if !math {
			metrics++
		}
		for _, each := range list {
			if at(each, "MetricStat") != nil {
				metrics++
			}
		}
	}
	return alarms, metrics
}

func TestThePageOfQuotasCountsTheAlarms(t *testing.T) {
	raw, err := os.ReadFile("../../docs/quotas.md")
	if err != nil {
		t.Fatal(err)
	}
	s := service(t)
	alarms, metrics := counted(deployed(t, s, own))
	row := regexp.MustCompile(`(?m)^\| CloudWatch alarms .*\| (\d+), .* the (\d+) metrics that they watch; (\w+) more of each with .OutflowLimits., (\w+) with .JwtIssuer.`).FindStringSubmatch(string(raw))
	if row == nil || row[1] != fmt.Sprint(alarms) || row[2] != fmt.Sprint(metrics) {
		t.Fatalf("the page says %q; there are %d alarms on %d metrics", row, alarms, metrics)
	}
	words := map[string]int{"one": 1, "two": 2, "three": 3, "four": 4}
	for i, option := range []map[string]string{limited, {"JwtIssuer": "https://i.example.com", "JwtAudience": "a"}} {
		more := words[row[3+i]]
		if a, m := counted(deployed(t, s, own, option)); a != alarms+more || m != metrics+more || more == 0 {
			t.Errorf("with %v there are %d alarms on %d metrics, and the page says %s more", option, a, m, row[3+i])
		}
	}
}

// An alarm on what lies in the queue would ring for the fourteen days that a message stays, and
// stay silent when the stream gives up the next record. Lambda sends what it gives up by
// SendMessage, which this metric counts; a queue that was idle is counted up to 15 minutes late,
// so the last hour is looked at.
func TestTheNextRecordThatIsGivenUpRingsToo(t *testing.T) {
	p := service(t).Resources["StreamGaveUpAlarm"].Properties
	expect(t, "metric", p["MetricName"], "NumberOfMessagesSent", "it would ring until the message expires")
	expect(t, "statistic", p["Statistic"], "Sum", "it counts what happens")
	expect(t, "silence", p["TreatMissingData"], "notBreaching", "an idle queue has no metrics, and it would ring on")
	expect(t, "window", []any{p["Period"], p["EvaluationPeriods"], p["DatapointsToAlarm"]}, []any{300, 12, 1}, "what is counted late would be missed")
}

// The reasons of the review queue are counted apart. Whoever adds the lowest of each hour up finds nothing
// where one reason follows on another: the review queue was never empty, and the alarm stays silent.
func TestTheDeskIsMeasuredAsAWhole(t *testing.T) {
	p := service(t).Resources["AttentionAlarm"].Properties
	for _, m := range p["Metrics"].([]any) {
		stat := at(m, "MetricStat")
		if stat == nil {
			continue
		}
		// Two reasons that take turns within a period both count.
		expect(t, fmt.Sprint(at(m, "Id")), []any{at(stat, "Stat"), at(stat, "Period")}, []any{"Maximum", 300}, "a reason that ends would take the next one's place with it")
	}
	expect(t, "four hours", p["EvaluationPeriods"], 4*3600/300, "the description says so")
	expect(t, "each of them", p["DatapointsToAlarm"], nil, "all of them are the default")
}
