package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// meter remembers what it was to count.
type meter struct {
	sums []payout.OutflowSums
	held []payout.OutflowHold
	err  error
	wait bool // until its time is over
}

func (m *meter) Count(ctx context.Context, sums payout.OutflowSums) ([]payout.OutflowHold, error) {
	m.sums = append(m.sums, sums)
	if m.wait {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return m.held, m.err
}

func sampleBatch(t *testing.T) events.DynamoDBEvent {
	t.Helper()
	raw, err := os.ReadFile("../../events/notify-merchant-submitting.json")
	if err != nil {
		t.Fatal(err)
	}
	var batch events.DynamoDBEvent
	if err := json.Unmarshal(raw, &batch); err != nil {
		t.Fatal(err)
	}
	return batch
}

var sampleSums = payout.OutflowSums{vexora.Name: {money.KHR: 5_000_000}, monetix.Name: {money.USD: 1250}}

// The batch has a create, a note of the telling, the provider's answer, a queued payout that is
// sent, and items that are no payouts.
func TestASubmissionCountsOnceAndNothingElseDoes(t *testing.T) {
	h, m, batch := &teller{}, &meter{}, sampleBatch(t)
	response, err := edge.NewNotify(edge.Notify{Notifier: h, Outflow: m, Log: quiet})(t.Context(), batch)
	if err != nil || len(response.BatchItemFailures) > 0 {
		t.Fatalf("%+v, %v", response, err)
	}
	if !reflect.DeepEqual(m.sums, []payout.OutflowSums{sampleSums}) {
		t.Errorf("counted %v", m.sums)
	}
	if !slices.Equal(h.told, []payout.ID{"po_5esd5nkxbkk54ndyocd3mov4bj"}) {
		t.Errorf("told of %v: what comes for the count alone is no news", h.told)
	}
	batch.Records = batch.Records[1:3] // a note, and the answer
	if _, err := edge.NewNotify(edge.Notify{Notifier: h, Outflow: m, Log: quiet})(t.Context(), batch); err != nil || len(m.sums) != 1 {
		t.Errorf("counted %v, %v", m.sums, err)
	}
	batch = sampleBatch(t)
	for n := range batch.Records {
		batch.Records[n].Change.OldImage = nil
	}
	_, _ = edge.NewNotify(edge.Notify{Notifier: h, Outflow: m, Log: quiet})(t.Context(), batch)
	if got := m.sums[1][vexora.Name][money.KHR]; got != 2*5_000_000 {
		t.Errorf("without old images %d are counted: too little, or more than every note", got)
	}
}

// What the stream brings may be of a later version, or broken.
func TestAnImageThatIsNoSubmissionIsIgnored(t *testing.T) {
	for name, spoil := range map[string]func(map[string]events.DynamoDBAttributeValue){
		"no status":        func(i map[string]events.DynamoDBAttributeValue) { delete(i, "status") },
		"a number":         func(i map[string]events.DynamoDBAttributeValue) { i["status"] = events.NewNumberAttribute("1") },
		"another kind":     func(i map[string]events.DynamoDBAttributeValue) { i["sk"] = events.NewStringAttribute("orphan") },
		"no provider":      func(i map[string]events.DynamoDBAttributeValue) { delete(i, "provider") },
		"another provider": func(i map[string]events.DynamoDBAttributeValue) { i["provider"] = events.NewStringAttribute("x") },
		"no amount":        func(i map[string]events.DynamoDBAttributeValue) { delete(i, "amount") },
		"a text":           func(i map[string]events.DynamoDBAttributeValue) { i["amount"] = events.NewStringAttribute("5") },
		"a fraction":       func(i map[string]events.DynamoDBAttributeValue) { i["amount"] = events.NewNumberAttribute("5.5") },
		"less than none":   func(i map[string]events.DynamoDBAttributeValue) { i["amount"] = events.NewNumberAttribute("-5") },
		"too much": func(i map[string]events.DynamoDBAttributeValue) {
			i["amount"] = events.NewNumberAttribute("99999999999999999999")
		},
		"another currency": func(i map[string]events.DynamoDBAttributeValue) { i["currency"] = events.NewStringAttribute("EUR") },
		"a null":           func(i map[string]events.DynamoDBAttributeValue) { i["currency"] = events.NewNullAttribute() },
		"empty":            func(i map[string]events.DynamoDBAttributeValue) { clear(i) },
	} {
		m, batch := &meter{}, sampleBatch(t)
		batch.Records = batch.Records[:1]
		spoil(batch.Records[0].Change.NewImage)
		if _, err := edge.NewNotify(edge.Notify{Notifier: &teller{}, Outflow: m, Log: quiet})(t.Context(), batch); err != nil || len(m.sums) > 0 {
			t.Errorf("%s: counted %v, %v", name, m.sums, err)
		}
	}
}

// TestTheItemThatTheStoreWritesIsCounted holds the decoder to an item that was really written.
func TestTheItemThatTheStoreWritesIsCounted(t *testing.T) {
	raw, err := os.ReadFile("../dynamo/testdata/item_v3.json")
	if err != nil {
		t.Fatal(err)
	}
	var item events.DynamoDBAttributeValue
	if err := json.Unmarshal(raw, &item); err != nil {
		t.Fatal(err)
	}
	before, after := item.Map(), maps.Clone(item.Map())
	after["status"] = events.NewStringAttribute(string(payout.Submitting))
	m := &meter{}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{{Change: events.DynamoDBStreamRecord{NewImage: after, OldImage: before}}}}
	if _, err := edge.NewNotify(edge.Notify{Notifier: &teller{}, Outflow: m, Log: quiet})(t.Context(), batch); err != nil ||
		!reflect.DeepEqual(m.sums, []payout.OutflowSums{{vexora.Name: {money.KHR: 5_000_000}}}) {
		t.Errorf("counted %v, %v", m.sums, err)
	}
}

func TestACountThatFailsFailsNoNews(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	h, m := &teller{}, &meter{err: errors.New("the table is away")}
	response, err := edge.NewNotify(edge.Notify{Notifier: h, Outflow: m, Log: log})(t.Context(), sampleBatch(t))
	if err != nil || len(response.BatchItemFailures) > 0 || len(h.told) != 1 || !strings.Contains(out.String(), "the table is away") {
		t.Errorf("%+v, %v, told of %v:\n%s", response, err, h.told, out.String())
	}
	limited, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	h, m = &teller{}, &meter{wait: true}
	if response, err := edge.NewNotify(edge.Notify{Notifier: h, Outflow: m, Log: log})(limited, sampleBatch(t)); err != nil || len(response.BatchItemFailures) > 0 || len(h.told) != 1 {
		t.Errorf("a count that takes long: %+v, %v, told of %v", response, err, h.told)
	}
}

func TestAHoldOfTheOutflowBrakeIsLoggedAsAWarning(t *testing.T) {
	var out bytes.Buffer
	hold := payout.OutflowHold{Provider: vexora.Name, Currency: money.KHR, Entry: payout.ControlEntry{Version: 7, Reason: "too much"}}
	n := edge.Notify{Notifier: &teller{}, Outflow: &meter{held: []payout.OutflowHold{hold}}, Log: slog.New(slog.NewTextHandler(&out, nil))}
	_, _ = edge.NewNotify(n)(t.Context(), sampleBatch(t))
	if line := `level=WARN msg="outflow brake holds" provider=vexora currency=KHR version=7 detail="too much"`; !strings.Contains(out.String(), line) {
		t.Errorf("the log has no %s:\n%s", line, out.String())
	}
}

func TestWithoutALimitNobodyCounts(t *testing.T) {
	h := &teller{}
	if _, err := edge.NewNotify(edge.Notify{Notifier: h, Log: quiet})(t.Context(), sampleBatch(t)); err != nil || len(h.told) != 1 {
		t.Errorf("%v, told of %v", err, h.told)
	}
}
