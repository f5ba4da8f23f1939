package boot_test

import (
	"encoding/json"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
)

// genuineMonetix is a callback as Monetix signs it, about an open payout.
func genuineMonetix(p payout.Payout, change func(tree, payment, operation map[string]any)) map[string]any {
	sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
	payment := map[string]any{
		"id": string(p.ProviderReference()), "type": "payout", "status": "decline", "date": "2024-12-07T19:08:45+0000",
		"method": "Banks Cambodia", "sum": sum, "description": p.Description,
	}
	operation := map[string]any{
		"id": json.Number("47"), "type": "payout", "status": "decline", "date": "2024-12-07T19:08:45+0000",
		"created_date": "2024-12-07T19:08:05+0000", "request_id": "mx-1", "sum_initial": sum, "sum_converted": sum, "code": "20000", "message": "General decline",
		"provider": map[string]any{"id": json.Number("12345"), "payment_id": "123abc123-123", "auth_code": ""},
	}
	tree := map[string]any{"project_id": json.Number("1234"), "payment": payment, "operation": operation, "customer": map[string]any{"id": "c"}}
	change(tree, payment, operation)
	tree["signature"] = sandbox.SignMonetix(tree, monetixTestKey)
	return tree
}

type aCut struct {
	name    string
	genuine func(tree, payment, operation map[string]any)
	// recut changes the tree, not the signed text: nobody needs the key.
	recut func(tree, payment, operation map[string]any)
}

const date1, date2 = "2024-12-07T19:08:05+0000", "2024-12-07T19:08:45+0000"

// ends: with the genuine body nothing ends, with the re-cut one the payout ends.
var allEnds = []aCut{
	{"decline beside 9999 (in progress): operation.code swallows operation.created_date",
		func(_, _, o map[string]any) { o["code"] = "9999" },
		func(_, _, o map[string]any) {
			o["code"] = "9999;operation:created_date:" + date1
			delete(o, "created_date")
		}},
	{"success beside 9999: operation.code swallows operation.created_date",
		func(_, p, o map[string]any) { p["status"], o["status"], o["code"] = "success", "success", "9999" },
		func(_, _, o map[string]any) {
			o["code"] = "9999;operation:created_date:" + date1
			delete(o, "created_date")
		}},
	{"success beside an operation that declined: operation.type swallows payment.date",
		func(_, p, o map[string]any) { p["status"] = "success" },
		func(_, p, o map[string]any) { o["type"] = "payout;payment:date:" + date2; delete(p, "date") }},
	{"duplicate id, 3041: operation.code swallows operation.created_date",
		func(_, p, o map[string]any) { p["status"], o["status"], o["code"] = "error", "error", "3041" },
		func(_, _, o map[string]any) {
			o["code"] = "3041;operation:created_date:" + date1
			delete(o, "created_date")
		}},
	{"duplicate id, 3041, as the second error: errors[0].message swallows errors[1]",
		func(tr, p, o map[string]any) {
			p["status"], o["status"], o["code"] = "error", "error", "0"
			tr["errors"] = []any{map[string]any{"code": "2004", "message": "required"}, map[string]any{"code": "3041", "message": "exists"}}
		},
		func(tr, _, _ map[string]any) {
			tr["errors"] = []any{map[string]any{"code": "2004", "message": "required;errors:1:code:3041;errors:1:message:exists"}}
		}},
}

// TestNoCutOfAGenuineCallbackEndsWhatTheGenuineOneDoesNot: a value that is read may not
// swallow the lines behind it.
func TestNoCutOfAGenuineCallbackEndsWhatTheGenuineOneDoesNot(t *testing.T) {
	for _, c := range allEnds {
		for _, cut := range []bool{false, true} {
			store := newShelf()
			h := callbacks(t, store)[monetix.Name]
			p := prey(t, store, monetix.Name, false)
			tree := genuineMonetix(p, c.genuine)
			if cut {
				c.recut(tree, tree["payment"].(map[string]any), tree["operation"].(map[string]any))
			}
			body, _ := json.Marshal(tree)
			status := post(t, h, string(body))
			after := store.items[p.ID]
			t.Logf("%s, cut %v: answered %d, payout %s, attention %v, heard %v", c.name, cut, status, after.Status, after.Attention.Reasons(), after.Heard)
			if status != 200 || after.Status.Final() {
				t.Errorf("%s, cut %v: answered %d, and the payout is %s", c.name, cut, status, after.Status)
			}
		}
	}
}
