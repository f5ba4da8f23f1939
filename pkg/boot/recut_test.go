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

// A thief has seen an honestly signed message with a text in it that he could choose. He
// cuts the signed text again, into a word about a payout that he would like to be called
// paid, or failed and paid again. The signature is right each time.

// honestText is a message whose canonical text the merchant or the provider signed.
type honestText struct {
	kind string
	// signed is the text as a function of what the thief could choose in it.
	signed func(reference, chosen string) string
}

// lines sorts and joins, as Monetix does.
func lines(all ...string) string {
	slices.Sort(all)
	return strings.Join(all, ";")
}

// monetixTexts are the messages that are signed with a project's key.
var monetixTexts = []honestText{
	{"a callback about the payout itself", func(reference, chosen string) string {
		return lines("customer:id:c", "operation:code:9999", "operation:message:"+chosen, "operation:status:processing", "operation:type:payout",
			"payment:description:", "payment:id:"+reference, "payment:status:processing", "payment:sum:amount:5000000", "payment:sum:currency:KHR",
			"payment:type:payout", "project_id:1234")
	}},
	{"a callback about a purchase", func(_, chosen string) string {
		return lines("customer:id:c", "operation:code:0", "operation:status:success", "operation:type:sale", "payment:description:"+chosen,
			"payment:id:order-7", "payment:method:card", "payment:status:success", "payment:sum:amount:5000000", "payment:sum:currency:KHR",
			"payment:type:purchase", "project_id:1234")
	}},
	{"the parameters of a payment page", func(_, chosen string) string {
		return lines("customer_id:c", "payment_amount:100", "payment_currency:KHR", "payment_description:"+chosen, "payment_id:order-7", "project_id:1234")
	}},
	{"the parameters of a page that begin like a callback", func(_, chosen string) string {
		return lines("interface_type:7", "payment_amount:100", "payment_currency:KHR", "payment_description:"+chosen, "payment_id:order-7", "project_id:1234")
	}},
	{"a request for a refund", func(_, chosen string) string {
		return lines("customer:id:c", "customer:zip:12000", "general:payment_id:order-7", "general:project_id:1234", "payment:amount:100",
			"payment:currency:KHR", "payment:description:"+chosen)
	}},
}

// chooseLines is what the thief writes into a Monetix text: whole lines, some of them.
func chooseLines(r *rand.Rand, reference, status string) string {
	wanted := []string{"x", "payment:id:" + reference, "payment:status:" + status, "payment:sum:amount:5000000", "payment:sum:currency:KHR", "payment:type:payout"}
	if r.IntN(3) == 0 {
		wanted = slices.Insert(wanted, 1, "operation:code:0", "operation:status:"+status, "operation:type:payout")
	}
	if r.IntN(3) > 0 { // what comes behind disappears in a member that nobody reads
		wanted = append(wanted, pick(r, "payment:u:", "payment:zz:x", "payment:type2:", "payment_x:"))
	}
	if r.IntN(2) == 0 {
		wanted = append(wanted, "project_id:1234")
		if r.IntN(2) == 0 {
			wanted = append(wanted, pick(r, "recurring:", "redirect_data:x:", "zz:"))
		}
	}
	if r.IntN(8) == 0 {
		i := 1 + r.IntN(len(wanted)-1)
		wanted = slices.Delete(wanted, i, i+1)
	}
	return strings.Join(wanted, ";")
}

// recutLines cuts a Monetix text into a tree; nil if the cut makes none.
func recutLines(r *rand.Rand, signed, chosen string) map[string]any {
	tree := map[string]any{}
	var path []string
	value := ""
	put := func() bool {
		at := tree
		for i, name := range path {
			_, taken := at[name]
			switch {
			case i == len(path)-1 && taken:
				return false
			case i == len(path)-1:
				at[name] = value
			case !taken:
				at[name] = map[string]any{}
			}
			if i < len(path)-1 {
				inner, object := at[name].(map[string]any)
				if !object {
					return false
				}
				at = inner
			}
		}
		return true
	}
	swallow := r.IntN(6) // how gladly honest lines disappear in the value before them
	from := strings.Index(signed, chosen)
	at := 0
	for i, part := range strings.Split(signed, ";") {
		names := strings.Split(part, ":")
		his := at > from && at < from+len(chosen)
		behind := at >= from+len(chosen)
		at += len(part) + 1
		if i > 0 && (len(names) < 2 || r.IntN(40) == 0 || !his && r.IntN(4) < swallow && (behind || r.IntN(2) == 0)) {
			value += ";" + part
			continue
		}
		if i > 0 && !put() {
			return nil
		}
		depth := len(names) - 1
		if depth > 1 && r.IntN(25) == 0 {
			depth = 1 + r.IntN(depth)
		}
		path, value = slices.Clone(names[:depth]), strings.Join(names[depth:], ":")
		if depth > 1 && r.IntN(40) == 0 {
			path = []string{strings.Join(path, ":")} // a whole path as one name
		}
	}
	if !put() {
		return nil
	}
	return tree
}

// prey is a payout of 50,000 riel that the thief knows the reference of.
func prey(t *testing.T, store *shelf, provider payout.Provider, numbered bool) payout.Payout {
	t.Helper()
	p := unknownPayout(t, store, provider)
	p.Description = ""
	if numbered {
		p.ProviderID = "held-1"
	}
	store.items[p.ID] = p
	return p
}

// unmoved holds that nothing was believed.
func unmoved(t *testing.T, store *shelf, before payout.Payout, kind, body string) {
	t.Helper()
	after := store.items[before.ID]
	if after.Status != before.Status || after.ProviderID != before.ProviderID || after.Return != nil || after.SafeToPayAgain() {
		t.Errorf("%s: made the payout %s: %s", kind, after.Status, body)
		store.items[before.ID] = before
	}
}

// recuts is how many texts of each of six kinds are cut again with a right signature.
func recuts() int {
	if racing || testing.Short() {
		return 300
	}
	return 2000
}

func TestNoMonetixTextThatIsCutAgainIsBelieved(t *testing.T) {
	for _, honest := range monetixTexts {
		t.Run(honest.kind, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(len(honest.kind))))
			store := newShelf()
			h := callbacks(t, store)[monetix.Name]
			targets := []payout.Payout{prey(t, store, monetix.Name, false), prey(t, store, monetix.Name, true)}
			verified, answers, noted := 0, map[int]int{}, 0
			for tries := 0; verified < recuts() && tries < 60*recuts(); tries++ {
				p := targets[tries%2]
				reference := string(p.ProviderReference())
				chosen := chooseLines(r, reference, pick(r, "success", "decline", "reversed"))
				signed := honest.signed(reference, chosen)
				tree := recutLines(r, signed, chosen)
				signature := sandbox.SignMonetix(map[string]any{}, "")
				if tree != nil {
					signature = sandbox.SignMonetix(tree, monetixTestKey)
				}
				if tree == nil || signature != signLines(signed, monetixTestKey) || isHonest(tree, reference) {
					continue
				}
				verified++
				tree["signature"] = signature
				body, _ := json.Marshal(tree)
				answers[post(t, h, string(body))]++
				unmoved(t, store, p, honest.kind, string(body))
			}
			for _, p := range targets {
				noted += len(store.items[p.ID].History) - 1
			}
			t.Logf("%d cut with a right signature, answers %v, %d kept about the payouts", verified, answers, noted)
			if verified < recuts() || answers[401] > 0 || answers[200] == 0 || noted == 0 {
				t.Errorf("the cuts test nothing")
			}
		})
	}
}

// isHonest reports whether a cut is what was signed: the callback about the payout itself,
// which says that it is processing.
func isHonest(tree map[string]any, reference string) bool {
	payment, _ := tree["payment"].(map[string]any)
	return payment["id"] == reference && payment["status"] == "processing"
}

// signLines signs a canonical text as it stands, as one member without a name would be.
func signLines(text, key string) string {
	name, rest, _ := strings.Cut(text, ":")
	return sandbox.SignMonetix(map[string]any{name: rest}, key)
}

func TestNoDepositThatIsCutAgainIsBelieved(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	store := newShelf()
	h := callbacks(t, store)[vexora.Name]
	targets := []payout.Payout{prey(t, store, vexora.Name, false), prey(t, store, vexora.Name, true)}
	verified, answers := 0, map[int]int{}
	for tries := 0; verified < recuts() && tries < 200*recuts(); tries++ {
		p := targets[tries%2]
		// A customer pays 50,000 riel in, and may choose the remark or the message.
		deposit := map[string]string{
			"amount": "50000", "message": "SUCCESS", "platFormTradeNo": "VX9", "status": "0000", "successTime": "2026-05-16 15:10:05",
			"timestamp": "1778919005000", "tradeNo": "deposit-7", "remark": "thanks",
		}
		if r.IntN(2) == 0 {
			deposit["channelCode"], deposit["wayCode"] = "KHQR", "KHQR"
		}
		field := pick(r, "remark", "message")
		deposit[field] = choosePairs(r, string(p.ProviderReference()))
		signed := joined(deposit)
		fields := recutPairs(r, signed)
		sign := sandbox.SignVexora(deposit, vexoraTestKey)
		if fields == nil || fields["tradeNo"] == "deposit-7" || sandbox.SignVexora(fields, vexoraTestKey) != sign {
			continue
		}
		verified++
		fields["sign"] = sign
		body, _ := json.Marshal(fields)
		answers[post(t, h, string(body))]++
		unmoved(t, store, p, "a deposit", string(body))
	}
	noted := 0
	for _, p := range targets {
		noted += len(store.items[p.ID].History) - 1
	}
	t.Logf("%d cut with a right signature, answers %v, %d kept about the payouts", verified, answers, noted)
	if verified < recuts() || answers[401] > 0 || answers[200] == 0 || noted == 0 {
		t.Errorf("the cuts test nothing")
	}
}

// choosePairs is what the thief writes into a Vexora text.
func choosePairs(r *rand.Rand, reference string) string {
	status := pick(r, "0000", "00029")
	text := "x"
	for _, pair := range []string{"platFormTradeNo=held-1", "remark=", "status=" + status, "tradeNo=" + reference} {
		if r.IntN(5) > 0 || strings.HasPrefix(pair, "tradeNo") {
			text += pair
		}
	}
	return text + pick(r, "u=", "v=", "uu=", "zz=", "")
}

func joined(fields map[string]string) string {
	text := ""
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text += name + "=" + fields[name]
	}
	return text
}

// recutPairs cuts a Vexora text into fields; nil if a name comes twice.
func recutPairs(r *rand.Rand, signed string) map[string]string {
	known := []string{"amount", "channelCode", "message", "platFormTradeNo", "remark", "status", "successTime", "timestamp", "tradeNo", "wayCode", "u", "uu", "v", "zz"}
	fields, start, name := map[string]string{}, 0, ""
	swallow := r.IntN(4)
	for i, c := range signed {
		if c != '=' || i > 0 && len(fields)+start > 0 && r.IntN(5) < swallow {
			continue
		}
		begin := 0
		if name != "" {
			begin = -1
			for _, k := range known {
				if strings.HasSuffix(signed[:i], k) && i-len(k) >= start && (begin < 0 || i-len(k) < begin) {
					begin = i - len(k)
				}
			}
			if begin < 0 || r.IntN(20) == 0 {
				begin = max(start, i-1-r.IntN(6))
			}
			if _, twice := fields[name]; twice {
				return nil
			}
			fields[name] = signed[start:begin]
		}
		name, start = signed[begin:i], i+1
	}
	if _, twice := fields[name]; twice || name == "" {
		return nil
	}
	fields[name] = signed[start:]
	return fields
}

func TestAMemberThatIsNotDocumentedHasToBeAgreedOn(t *testing.T) {
	for settings, want := range map[string]payout.Status{`{}`: payout.Unknown, `{"callback_members": ["terminal"]}`: payout.Succeeded} {
		store := newShelf()
		p := prey(t, store, monetix.Name, false)
		tree := map[string]any{"project_id": json.Number("1234"), "terminal": "7", "payment": map[string]any{
			"id": string(p.ProviderReference()), "type": "payout", "status": "success",
			"sum": map[string]any{"amount": json.Number("5000000"), "currency": "KHR"},
		}}
		tree["signature"] = sandbox.SignMonetix(tree, monetixTestKey)
		body, _ := json.Marshal(tree)
		if status := post(t, callbacks(t, store, settings)[monetix.Name], string(body)); status != 200 || store.items[p.ID].Status != want {
			t.Errorf("%s: answered %d, %s", settings, status, store.items[p.ID].Status)
		}
	}
}
