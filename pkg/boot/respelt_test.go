package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// A thief has a genuine callback. He writes its code as another number with the same signed
// text, and rings again.

// monetixSigned is a tree with the signature of the test's project.
func monetixSigned(t *testing.T, tree map[string]any) string {
	t.Helper()
	unsigned, _ := json.Marshal(tree)
	parsed, err := jsontree.Parse(unsigned, jsontree.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	tree["signature"] = monetix.Sign(parsed, secrets.New("monetix-test-secret"))
	raw, _ := json.Marshal(tree)
	return string(raw)
}

// monetixWord is a genuine callback; where is "errors" or "operation", and has the code.
func monetixWord(t *testing.T, reference, status, where, code string) string {
	t.Helper()
	tree := map[string]any{
		"project_id": 1234,
		"payment": map[string]any{
			"id": reference, "type": "payout", "status": status, "description": "May",
			"sum": map[string]any{"amount": 5000000, "currency": "KHR"},
		},
		"operation": map[string]any{"type": "payout", "status": status, "code": "0", "request_id": "rq-1", "message": "m"},
	}
	if where == "errors" {
		delete(tree, "operation")
		tree["errors"] = []any{map[string]any{"code": json.Number(code), "message": "m"}}
	} else {
		tree["operation"].(map[string]any)["code"] = code
	}
	return monetixSigned(t, tree)
}

// respellings write the code of a callback in other ways that are signed alike.
func respellings(genuine, code string) []string {
	var all []string
	for _, old := range []string{`"code":"` + code + `"`, `"code":` + code} {
		for _, fresh := range []string{code, code + ".0", code + ".000", `"` + code + `"`} {
			if strings.Contains(genuine, old) && old != `"code":`+fresh {
				all = append(all, strings.Replace(genuine, old, `"code":`+fresh, 1))
			}
		}
	}
	return all
}

func TestARespeltCodeMovesNothingThatTheGenuineOneDoesNot(t *testing.T) {
	for _, code := range []string{"3041", "3060", "3613", "3061", "9999", "20802"} {
		for _, status := range []string{"error", "decline", "success", "reversed"} {
			for _, where := range []string{"errors", "operation"} {
				b := newDoorbell(t, monetix.Name)
				p := unknownPayout(t, b.store, monetix.Name)
				genuine := monetixWord(t, string(p.ProviderReference()), status, where, code)
				b.post(t, genuine)
				before, _ := b.store.Get(t.Context(), p.ID)
				for _, body := range respellings(genuine, code) {
					b.post(t, body)
				}
				after, _ := b.store.Get(t.Context(), p.ID)
				if after.Status != before.Status || after.SafeToPayAgain() {
					t.Errorf("%s, code %s in %s: %s became %s", status, code, where, before.Status, after.Status)
				}
			}
		}
	}
}

func TestTheProvidersSuccessEndsWhatARespeltCodeSpokeOf(t *testing.T) {
	for _, status := range []string{"error", "decline"} {
		b := newDoorbell(t, monetix.Name)
		p := unknownPayout(t, b.store, monetix.Name)
		genuine := monetixWord(t, string(p.ProviderReference()), status, "operation", "3041")
		b.post(t, genuine)
		b.post(t, strings.Replace(genuine, `"code":"3041"`, `"code":3041.0`, 1))
		b.post(t, monetixWord(t, string(p.ProviderReference()), "success", "operation", "0"))
		if after, _ := b.store.Get(t.Context(), p.ID); after.Status != payout.Succeeded {
			t.Errorf("%s: %s", status, after.Status)
		}
	}
}

func TestRespeltCopiesOfOneCallbackAreOneOrphanADay(t *testing.T) {
	b := newDoorbell(t, monetix.Name)
	genuine := monetixWord(t, "made-by-hand-1", "success", "operation", "0")
	for n := range 300 {
		body := genuine
		if n > 0 {
			body = strings.Replace(genuine, `"code":"0"`, `"code":0.`+strings.Repeat("0", n), 1)
		}
		if status := b.post(t, body); status != 200 {
			t.Fatalf("answered %d", status)
		}
	}
	page, err := b.store.ListOrphans(t.Context(), payout.PageQuery{Limit: 100})
	if err != nil || len(page.Orphans) != 2 {
		t.Errorf("%d orphans, %v", len(page.Orphans), err)
	}
}

func TestRespeltCopiesDoNotFillAHistory(t *testing.T) {
	for status, code := range map[string]string{"success": "0", "decline": "20100", "processing": "0"} {
		b := newDoorbell(t, monetix.Name)
		p := unknownPayout(t, b.store, monetix.Name)
		genuine := monetixWord(t, string(p.ProviderReference()), status, "operation", code)
		b.post(t, genuine)
		for n := range 100 {
			b.post(t, strings.Replace(genuine, `"code":"`+code+`"`, fmt.Sprintf(`"code":%s.0%s`, code, strings.Repeat("0", n)), 1))
		}
		if after, _ := b.store.Get(t.Context(), p.ID); len(after.History) > 6 || after.HistoryDropped > 0 {
			t.Errorf("%s: %d entries, %d dropped", status, len(after.History), after.HistoryDropped)
		}
	}
}
