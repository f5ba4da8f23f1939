package boot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/vexora"
)

// hostile is one body that somebody without the key could send, made from what the
// provider really sent.
type hostile struct {
	name string
	body string
}

// The keys of the two documents in this package's tests, and one that is not.
const (
	vexoraTestKey  = "vexora-test-secret-0001"
	monetixTestKey = "monetix-test-secret"
	strangersKey   = "a-strangers-secret"
)

// tampered are the forgeries that do not depend on the provider: cut, flipped,
// doubled, nested, swollen.
func tampered(genuine string, sign func(body map[string]any, key string) string) []hostile {
	var all []hostile
	add := func(name, body string) { all = append(all, hostile{name, body}) }
	for i := 1; i < len(genuine); i += 1 + len(genuine)/60 {
		add(fmt.Sprint("cut off after ", i), genuine[:i])
	}
	for i := 0; i < len(genuine); i += 1 + len(genuine)/90 {
		flipped := []byte(genuine)
		flipped[i] ^= 1 << (i % 6)
		add(fmt.Sprint("a bit flipped at ", i), string(flipped))
	}
	var members map[string]any
	decoder := json.NewDecoder(strings.NewReader(genuine))
	decoder.UseNumber()
	if err := decoder.Decode(&members); err != nil {
		panic(err)
	}
	changed := func(name string, change func(map[string]any)) {
		copied := maps.Clone(members)
		change(copied)
		encoded, err := json.Marshal(copied)
		if err != nil {
			panic(err)
		}
		add(name, string(encoded))
	}
	names := slices.Sorted(maps.Keys(members))
	for _, name := range names {
		changed("without "+name, func(m map[string]any) { delete(m, name) })
		changed(name+" is null", func(m map[string]any) { m[name] = nil })
		changed(name+" is empty", func(m map[string]any) { m[name] = "" })
		changed(name+" in capitals", func(m map[string]any) { m[strings.ToUpper(name)] = m[name]; delete(m, name) })
		changed(name+" with a blank", func(m map[string]any) { m[name+" "] = m[name]; delete(m, name) })
		changed(name+" is a list", func(m map[string]any) { m[name] = []any{m[name]} })
		changed(name+" is an object", func(m map[string]any) { m[name] = map[string]any{name: m[name]} })
		changed(name+" is a number", func(m map[string]any) { m[name] = json.Number("9007199254740993") })
		add(name+" twice", strings.Replace(genuine, "{", fmt.Sprintf(`{%q:"x",`, name), 1))
	}
	changed("one member more", func(m map[string]any) { m["extra"] = "1" })
	changed("signed by a stranger", func(m map[string]any) {
		if _, flat := m["sign"]; flat {
			m["sign"] = sign(m, strangersKey)
		} else {
			m["signature"] = sign(m, strangersKey)
		}
	})
	for _, body := range []string{
		"", " ", "null", "true", "0", `""`, "[]", "{}", "[" + genuine + "]", genuine + genuine, genuine + "x", "x" + genuine,
		genuine + "\x00", "\xef\xbb\xbf" + genuine, strings.ReplaceAll(genuine, `"`, "'"), `{"a":` + genuine + `}`,
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 50_000), `{"sign":1e999999999}`, `{"signature":` + strings.Repeat("9", 60_000) + `}`,
		`{"sign":"` + strings.Repeat("f", 70_000) + `"}`, "\xff\xfe" + genuine, "sign=" + genuine, "<xml/>",
	} {
		add("not what is documented: "+body[:min(len(body), 12)], body)
	}
	return all
}

// harmCheck checks that a body moved nothing that the genuine one would not move.
type harmCheck struct {
	t       *testing.T
	store   payout.Store
	handler edge.Handler
	id      payout.ID
	fresh   func() payout.ID
}

// judge sends one body and reports how it was met.
func (h *harmCheck) judge(c hostile) (refused bool) {
	h.t.Helper()
	before, err := h.store.Get(context.Background(), h.id)
	if err != nil {
		h.t.Fatal(err)
	}
	e := edge.Event{RawPath: "/", Body: c.body}
	e.RequestContext.HTTP.Method = http.MethodPost
	reply, err := h.handler(context.Background(), e)
	if err != nil {
		h.t.Fatal(err)
	}
	after, err := h.store.Get(context.Background(), h.id)
	if err != nil {
		h.t.Fatal(err)
	}
	switch reply.StatusCode {
	case 400, 401, 413:
		if after.Version != before.Version {
			h.t.Errorf("%s: answered %d, and changed the payout", c.name, reply.StatusCode)
		}
		return true
	case 200:
		if after.Status != payout.Unknown && after.Status != payout.Processing {
			h.t.Errorf("%s: made the payout %s", c.name, after.Status)
		}
		if after.Version != before.Version {
			h.id = h.fresh()
		}
		return false
	}
	h.t.Errorf("%s: answered %d", c.name, reply.StatusCode)
	return false
}

// unknownPayout stores a payout of 50,000 riel whose end nobody knows.
func unknownPayout(t *testing.T, store payout.Store, provider payout.Provider) payout.Payout {
	t.Helper()
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	p := payout.Payout{
		ID: payout.DeriveID("dev", payout.Reference(fmt.Sprint("hostile-", rand.Uint64()))), Reference: "R", Provider: provider, Attempt: 1, Sent: 1,
		Status: payout.Unknown, Amount: riel(t), CreatedAt: at, UpdatedAt: at, StatusAt: at, Version: 1,
		Description: "May", Fingerprint: "v1:test", History: []payout.Entry{{At: at, Source: payout.FromCreate, Status: payout.Submitting}},
	}
	if err := store.Insert(context.Background(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	return p
}

// riel is 50,000 riel.
func riel(t *testing.T) money.Amount {
	t.Helper()
	a, err := money.New(5_000_000, money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// run goes through a table and counts.
func (h *harmCheck) run(table []hostile) {
	h.t.Helper()
	refused := 0
	for _, c := range table {
		if h.judge(c) {
			refused++
		}
	}
	h.t.Logf("%d bodies: %d refused, %d shown harmless", len(table), refused, len(table)-refused)
	if len(table) < 200 {
		h.t.Errorf("only %d bodies", len(table))
	}
	if len(table)-refused > len(table)/5 {
		h.t.Errorf("%d of %d were acknowledged", len(table)-refused, len(table))
	}
}

func TestHostileVexoraCallbacks(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument})
	callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "vexora"}).Callback(context.Background(), vexora.Provider)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(m map[string]any, key string) string {
		fields := map[string]string{}
		for name, v := range m {
			fields[name], _ = v.(string)
		}
		return sandbox.SignVexora(fields, key)
	}
	fresh := func() payout.Payout { return unknownPayout(t, d.Store, vexora.Name) }
	// What Vexora really says: it is still processing. Everything else is forged.
	body := func(p payout.Payout, fields map[string]string) string {
		m := map[string]any{
			"tradeNo": string(p.ProviderReference()), "platFormTradeNo": "VX1", "amount": "50000", "status": "0015",
			"message": "Processing", "timestamp": "1778919005000", "remark": "May",
		}
		for name, v := range fields {
			m[name] = v
		}
		m["sign"] = sign(m, vexoraTestKey)
		encoded, _ := json.Marshal(m)
		return string(encoded)
	}
	p := fresh()
	h := &harmCheck{t: t, store: d.Store, handler: edge.NewCallback(callback), id: p.ID, fresh: func() payout.ID { return fresh().ID }}
	table := tampered(body(p, nil), sign)
	// Re-cut: the signed text joins name=value without a separator, so these have
	// the genuine digest and other members.
	genuine := map[string]string{}
	if err := json.Unmarshal([]byte(body(p, nil)), &genuine); err != nil {
		t.Fatal(err)
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(genuine)), func(name string) bool { return name == "sign" })
	for i, name := range names[:len(names)-1] {
		next := names[i+1]
		swallowed := maps.Clone(genuine)
		swallowed[name] = genuine[name] + next + "=" + genuine[next]
		delete(swallowed, next)
		encoded, _ := json.Marshal(swallowed)
		table = append(table, hostile{name + " swallows " + next, string(encoded)})
	}
	for _, name := range names {
		for cut := 1; cut < len(genuine[name]); cut++ {
			// "amount": "50000" as "amount": "5", "0000": … needs a "=" that is not there;
			// moving a name's first letters into the value before it does not.
			split := maps.Clone(genuine)
			split[name], split[genuine[name][cut:]] = genuine[name][:cut], ""
			encoded, _ := json.Marshal(split)
			table = append(table, hostile{fmt.Sprintf("%s cut at %d", name, cut), string(encoded)})
		}
	}
	for _, status := range []string{"0000", "00029", "0", "000", "00000", " 0000", "0000 ", "０００0"} {
		forged := maps.Clone(genuine)
		forged["status"] = status
		encoded, _ := json.Marshal(forged)
		table = append(table, hostile{"status " + status + " under the genuine signature", string(encoded)})
	}
	h.run(table)
}

func TestHostileMonetixCallbacks(t *testing.T) {
	d := deployment(t, map[string]string{"monetix": monetixDocument})
	callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(context.Background(), monetix.Provider)
	if err != nil {
		t.Fatal(err)
	}
	fresh := func() payout.Payout { return unknownPayout(t, d.Store, monetix.Name) }
	sign := func(m map[string]any, key string) string { return sandbox.SignMonetix(m, key) }
	build := func(p payout.Payout, change func(payment, operation map[string]any)) map[string]any {
		sum := map[string]any{"amount": json.Number("5000000"), "currency": "KHR"}
		payment := map[string]any{"id": string(p.ProviderReference()), "type": "payout", "status": "processing", "sum": sum, "description": "May"}
		operation := map[string]any{"id": json.Number("5028800010128225"), "type": "payout", "status": "processing", "request_id": "mx-1", "sum_initial": sum, "code": "9999", "message": "Awaiting"}
		change(payment, operation)
		return map[string]any{"project_id": json.Number("1234"), "payment": payment, "operation": operation, "customer": map[string]any{"id": "c"}}
	}
	encode := func(m map[string]any) string {
		encoded, _ := json.Marshal(m)
		return string(encoded)
	}
	p := fresh()
	m := build(p, func(map[string]any, map[string]any) {})
	m["signature"] = sign(m, monetixTestKey)
	genuine := encode(m)
	h := &harmCheck{t: t, store: d.Store, handler: edge.NewCallback(callback), id: p.ID, fresh: func() payout.ID { return fresh().ID }}
	table := tampered(genuine, sign)
	// Under the genuine signature, everything inside said otherwise.
	for _, path := range []string{"payment", "operation"} {
		for _, member := range []string{"status", "id", "type", "code", "message", "request_id", "description"} {
			for _, value := range []any{"success", "decline", "reversed", "payout", "", nil, json.Number("0"), true, map[string]any{}, []any{}} {
				changed := build(p, func(payment, operation map[string]any) {
					map[string]map[string]any{"payment": payment, "operation": operation}[path][member] = value
				})
				changed["signature"] = m["signature"]
				table = append(table, hostile{fmt.Sprintf("%s.%s is %v", path, member, value), encode(changed)})
			}
		}
	}
	// Re-cut: path:value joined by ";" lets a value pretend to be further lines. The
	// signer's own lines, given as one member's value.
	for _, trick := range []struct{ name, member, value string }{
		{"description ends the line", "description", "May;payment:status:success"},
		{"description is many lines", "description", "May;payment:status:success;operation:status:success;operation:code:0"},
		{"a member's name with a path", "status:success;payment:x", "processing"},
		{"a nested path as a name", "sum:amount", "5000000"},
	} {
		changed := build(p, func(payment, _ map[string]any) { payment[trick.member] = trick.value })
		changed["signature"] = m["signature"]
		table = append(table, hostile{trick.name, encode(changed)})
	}
	flattened := map[string]any{"project_id": json.Number("1234"), "signature": m["signature"], "payment:status": "success"}
	table = append(table, hostile{"paths instead of objects", encode(flattened)})
	h.run(table)
}
