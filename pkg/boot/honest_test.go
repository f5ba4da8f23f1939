package boot_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// freeTexts are what providers, banks and merchants write into messages and names.
var freeTexts = []string{
	"Success", "ប្រាក់ខែ ឧសភា: ៥០,០០០៛", "House 12; Street 271; Phnom Penh", "Approved at 2024-12-07T19:08:45+0000", "16:04", "a;b:c",
	"bank: ACLEDA; branch: Siem Reap; code=51", "2026-05-16 15:10:05", "ref:47;note:none", "x=1;y=2", "https://example.com/a?b=c;d", "::1", "",
	"payment: May; customer: Sophea", "ផ្ទះលេខ 12; ផ្លូវ 271", "{\"a\":1}", "100% = all", ";", ":", "=", "General decline", "reason=limit",
}

// descriptions are what a merchant may send.
var descriptions = []string{"", "May salary", "ប្រាក់ខែ: ឧសភា", "invoice 7/2026: part 2", "16:04 2026-05-16", "Street 271, house 12"}

// honestMonetix is a callback as Monetix documents it, with what it may have beside.
func honestMonetix(r *rand.Rand, p payout.Payout, status string) string {
	text := func() string { return pick(r, freeTexts...) }
	sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
	payment := map[string]any{
		"id": string(p.ProviderReference()), "type": "payout", "status": status, "date": "2024-12-07T19:08:45+0000",
		"method": pick(r, "Banks Cambodia", text()), "sum": sum, "description": p.Description,
	}
	operation := map[string]any{
		"id": json.Number("5028800010128225"), "type": "payout", "status": status, "date": "2024-12-07T19:08:45+0000",
		"created_date": "2024-12-07T19:08:05+0000", "request_id": "mx-1", "sum_initial": sum, "sum_converted": sum, "code": "0", "message": text(),
		"provider": map[string]any{"id": json.Number("12345"), "payment_id": text(), "auth_code": "", "date": "2024-12-07T19:08:45+0000", "result_message": text()},
	}
	tree := map[string]any{"project_id": json.Number("1234"), "payment": payment, "operation": operation, "customer": map[string]any{"id": text(), "phone": "85512345678"}}
	if status == "reversed" {
		// Support makes another operation, by a request of its own.
		operation["type"], operation["status"], operation["request_id"] = "payout reversal", "success", "mx-reversal"
	}
	for name, value := range map[string]any{
		"account": map[string]any{"number": "12****90", "token": text()}, "errors": []any{map[string]any{"code": json.Number("20000"), "message": text(), "field": text()}},
		"additional_data": map[string]any{"note": text()}, "clarification_fields": map[string]any{}, "provider_extra_fields": []any{text(), nil},
		"interface_type": map[string]any{"id": json.Number("7")}, "decision": text(), "recurring": nil, "redirect_data": map[string]any{"url": "https://example.com/?a=b;c:d"}, "display_data": []any{},
	} {
		if r.IntN(6) == 0 && (name != "errors" || status == "decline") {
			tree[name] = value
		}
	}
	if r.IntN(20) == 0 {
		delete(tree, "operation")
	}
	signature := sandbox.SignMonetix(tree, monetixTestKey)
	tree["signature"] = signature
	if r.IntN(20) == 0 {
		delete(tree, "signature")
		tree["general"] = map[string]any{"signature": signature}
	}
	body, _ := json.Marshal(tree)
	return string(body)
}

// honestVexora is a notification as Vexora documents it.
func honestVexora(r *rand.Rand, p payout.Payout, status string) string {
	fields := map[string]string{
		"tradeNo": string(p.ProviderReference()), "platFormTradeNo": pick(r, "mx-1", "mx-1", ""), "amount": pick(r, "50000", "50000.00"), "status": status,
		"message": pick(r, freeTexts...), "successTime": pick(r, "2026-05-16 15:10:05", ""), "timestamp": "1778919005000", "remark": p.Description,
	}
	for _, name := range []string{"channelCode", "wayCode", "merchantName"} {
		if r.IntN(6) == 0 {
			fields[name] = pick(r, freeTexts...)
		}
	}
	fields["sign"] = sandbox.SignVexora(fields, vexoraTestKey)
	body, _ := json.Marshal(fields)
	return string(body)
}

// honestCallbacks is how many there are of each provider.
func honestCallbacks() int {
	if racing || testing.Short() {
		return 300
	}
	return 5000
}

func TestNoHonestCallbackIsHeldUp(t *testing.T) {
	// What each documented status makes of a payout that is processing.
	ends := map[payout.Provider]map[string]payout.Status{
		vexora.Name: {"0000": payout.Succeeded, "00029": payout.Failed, "0015": payout.Processing},
		monetix.Name: {
			"success": payout.Succeeded, "decline": payout.Failed, "reversed": payout.Succeeded, "processing": payout.Processing,
			"awaiting clarification": payout.Processing, "awaiting retry": payout.Processing, "partially_paid_out": payout.Processing, "error": payout.Failed,
		},
	}
	r := rand.New(rand.NewPCG(2026, 5))
	for provider, statuses := range ends {
		store := newShelf()
		h := callbacks(t, store)[provider]
		var names []string
		for name := range statuses {
			names = append(names, name)
		}
		slices.Sort(names)
		for i := range honestCallbacks() {
			p := unknownPayout(t, store, provider)
			p.Status, p.Description, p.ProviderID = payout.Processing, pick(r, descriptions...), pick(r, "mx-1", "")
			store.items[p.ID] = p
			status := names[i%len(names)]
			body := honestMonetix(r, p, status)
			if provider == vexora.Name {
				body = honestVexora(r, p, status)
			}
			answer := post(t, h, body)
			after := store.items[p.ID]
			_, heldUp := after.Attention[payout.CallbackMismatch]
			if answer != 200 || heldUp || after.Status != statuses[status] || strings.Contains(heardText(after), "ambiguous") {
				t.Fatalf("answered %d, %s, %v: %s", answer, after.Status, after.History[len(after.History)-1].Message, body)
			}
		}
		t.Logf("%s: %d callbacks", provider, honestCallbacks())
	}
}

func heardText(p payout.Payout) string {
	text := ""
	for _, f := range p.Heard {
		text += string(f) + " "
	}
	return text
}
