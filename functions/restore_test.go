package functions_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/template"
	_ "cambodia-payouts/pkg/wire" // registers the providers, whose items the test reads
)

// The payouts of the rehearsal: queued in the backup, settled in it, and made in the lost time.
var (
	queued  = []int{0, 1, 2, 3, 4, 5}
	settled = []int{10, 11, 12, 13}
	lost    = []int{20, 21, 22, 23}
	fresh   = []int{30, 31}
)

// TestARestoredTableOnTheWireIsPaidFromByPeople rehearses docs/disaster-recovery.md with the
// compiled functions. What the template sets for a restored table is taken from the template.
func TestARestoredTableOnTheWireIsPaidFromByPeople(t *testing.T) {
	s := deploy(t)
	before := s.over(t, nil)
	expectAnswers(t, before.with("SUBMISSIONS=held").host("create-payout", "", 25*time.Second), queued, http.StatusAccepted)
	post(s.create, settled)
	backup := s.copyTable(t)

	// The lost time: the queue empties itself, and more payouts are made.
	post(s.create, lost)
	drain(t, s.host("reconcile-payouts", "3m", 55*time.Second))
	requests := s.requests()
	for _, n := range queued {
		if requests[reference(n)] == 0 {
			t.Errorf("%d was not sent in the lost time: the rehearsal shows nothing", n)
		}
	}

	// The restore: the same deployment, with the parameters of the procedure.
	at := time.Now().UTC().Add(time.Second).Truncate(time.Second)
	parameters := map[string]string{"ExistingTableName": backup.name, "ExistingStreamArn": backup.stream, "RestoredAt": at.Format(time.RFC3339)}
	back := s.over(t, parameters)
	back.answer()
	time.Sleep(time.Until(at))
	frozen := s.items(t, s.name)
	for _, offset := range []string{"", "3m", "2h", "26h"} {
		drain(t, back.host("reconcile-payouts", offset, 55*time.Second))
	}
	back.judgeNothingSent(t, "held", requests)
	for _, n := range queued {
		p, err := back.table.Get(context.Background(), payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n))))
		if err != nil || p.Status == payout.Queued {
			t.Errorf("%d is %s, %v: what was queued may have been sent", n, p.Status, err)
		}
	}
	expectAnswers(t, back.host("create-payout", "", 25*time.Second), fresh, http.StatusAccepted)

	// Accounted for: submissions are on, and RestoredAt is still set.
	accounted := with(parameters, "ReconciledTableName", backup.name)
	open := s.over(t, accounted)
	for _, offset := range []string{"26h", "50h"} {
		sweep := open.host("reconcile-payouts", offset, 55*time.Second)
		drain(t, sweep)
	}
	open.judgeNothingSent(t, "accounted for", requests)
	post(open.create, lost) // merchants post again what they have no end of
	// The controls hold until two people let go.
	operate := open.host("operate-payout", "", 28*time.Second)
	expectAnswers(t, open.create, []int{32}, http.StatusAccepted)
	order(t, operate, payroll, `{"version": 0, "submissions": {"all": "open"}, "reason": "the lost time is accounted for"}`, http.StatusUnprocessableEntity)
	release := `{"version": 0, "submissions": {"all": "open", "vexora": "open", "monetix": "open"}, "caps": {"KHR": null, "USD": null}, "callbacks": "believe", "reason": "the lost time is accounted for"}`
	order(t, operate, payroll, release, http.StatusAccepted)
	order(t, operate, finance, release, http.StatusOK)
	time.Sleep(inForceWithin)
	post(open.create, []int{34})
	drain(t, open.host("reconcile-payouts", "3m", 55*time.Second))
	if _, sent := s.sandbox.Find(reference(34)); sent {
		t.Error("nobody has said that the project is the same, and it is sent")
	}
	// People have compared the projects.
	same := s.over(t, with(accounted, "SameAccounts", "monetix"))
	post(same.create, []int{36})
	drain(t, same.host("reconcile-payouts", "6m", 55*time.Second)) // it looks first
	if _, sent := s.sandbox.Find(reference(36)); !sent {
		t.Error("two people have let go, the project is the same, and nothing is sent")
	}
	for _, n := range slices.Concat(queued, settled, lost) {
		if e, sent := s.sandbox.Find(reference(n)); sent && e.Executed > 1 {
			t.Errorf("%d was executed %d times", n, e.Executed)
		}
	}
	for _, n := range slices.Concat(fresh, lost) {
		if _, err := open.table.Get(context.Background(), payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n)))); err != nil {
			t.Errorf("%d is not in the restored table: %v", n, err)
		}
	}
	if now := s.items(t, s.name); !maps.Equal(frozen, now) {
		t.Errorf("the old table was written to after the restore: %d items, %d before", len(now), len(frozen))
	}
	if len(open.readFeed()) == 0 {
		t.Error("nothing is in the feed of the restored table")
	}
}

// over is the same stack with parameters of the template: another table, and what the template
// says to the functions then.
func (s *stack) over(t *testing.T, parameters map[string]string) *stack {
	t.Helper()
	loaded, err := template.Load("../template.yaml")
	if err == nil {
		loaded, err = loaded.Deployed(with(parameters, "IdNamespace", "processes"))
	}
	if err != nil {
		t.Fatal(err)
	}
	var globals struct {
		Environment struct{ Variables map[string]any }
	}
	var sweep = globals
	if err := (template.Resource{Properties: loaded.Globals["Function"].(map[string]any)}).Decode(&globals); err != nil {
		t.Fatal(err)
	}
	if err := loaded.Resources["ReconcilePayouts"].Decode(&sweep); err != nil {
		t.Fatal(err)
	}
	name := s.name
	if given, ok := globals.Environment.Variables["TABLE_NAME"].(string); ok {
		name = given
	}
	other := &stack{t: t, out: s.out, sandbox: s.sandbox, merchant: s.merchant, gateway: s.gateway, db: s.db, name: name, lines: s.lines, table: dynamo.New(s.db, name)}
	other.env = append(slices.Clone(s.env), "TABLE_NAME="+name,
		fmt.Sprint("SUBMISSIONS=", sweep.Environment.Variables["SUBMISSIONS"]), fmt.Sprint("RESTORED_AT=", sweep.Environment.Variables["RESTORED_AT"]),
		fmt.Sprint("SAME_ACCOUNTS=", sweep.Environment.Variables["SAME_ACCOUNTS"]))
	other.create = other.host("create-payout", "", 25*time.Second)
	return other
}

// with is a stack whose functions have one more variable.
func (s *stack) with(variable string) *stack {
	other := *s
	other.env = append(slices.Clone(s.env), variable)
	return &other
}

func with(values map[string]string, name, value string) map[string]string {
	out := map[string]string{name: value}
	maps.Copy(out, values)
	return out
}

func reference(n int) string {
	return string(payout.DeriveID("processes", payout.Reference(fmt.Sprintf("proc-%05d", n))).ProviderReference(1))
}

func post(h *host, numbers []int) {
	for _, n := range numbers {
		_, _ = h.request("POST", "/v1/payouts", draft(n))
	}
	time.Sleep(2 * time.Second) // callbacks on their way
}

func expectAnswers(t *testing.T, h *host, numbers []int, want int) {
	t.Helper()
	for _, n := range numbers {
		if status, body := h.request("POST", "/v1/payouts", draft(n)); status != want {
			t.Errorf("%d: %d %s", n, status, body)
		}
	}
}

// drain sweeps until nothing is due.
func drain(t *testing.T, sweep *host) {
	t.Helper()
	for range 50 {
		report, err := sweep.run()
		if err != nil {
			t.Fatalf("the sweep: %v\n%s", err, sweep.output)
		}
		if report.Due == 0 {
			return
		}
	}
	t.Fatal("the sweep goes on for ever")
}

// requests is how often each payout was submitted.
func (s *stack) requests() map[string]int {
	counted := map[string]int{}
	for _, n := range slices.Concat(queued, settled, lost, fresh) {
		if e, sent := s.sandbox.Find(reference(n)); sent {
			counted[reference(n)] = e.Requests
		}
	}
	return counted
}

// judgeNothingSent holds what the providers have seen to what they had seen.
func (s *stack) judgeNothingSent(t *testing.T, stage string, before map[string]int) {
	t.Helper()
	now := s.requests()
	for _, n := range slices.Concat(queued, settled, lost) {
		if now[reference(n)] != before[reference(n)] {
			t.Errorf("%s: %d was sent %d times, %d before the restore", stage, n, now[reference(n)], before[reference(n)])
		}
	}
}

// restoredTable is the second table.
type restoredTable struct{ name, stream string }

// copyTable is a restore to the present second: a new table with what the old one has.
func (s *stack) copyTable(t *testing.T) restoredTable {
	t.Helper()
	ctx, name := context.Background(), s.name+"-back"
	made, err := s.db.CreateTable(ctx, dynamo.TableSchema(name))
	if err != nil {
		t.Fatal(err)
	}
	for pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &s.name}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			if _, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return restoredTable{name, aws.ToString(made.TableDescription.LatestStreamArn)}
}

// items are the keys and versions of a table.
func (s *stack) items(t *testing.T, table string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for pages := dynamodb.NewScanPaginator(s.db, &dynamodb.ScanInput{TableName: &table}); pages.HasMorePages(); {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all[fmt.Sprint(item["pk"], item["sk"])] = fmt.Sprint(item["version"], item["due_at"], item["status"])
		}
	}
	return all
}
