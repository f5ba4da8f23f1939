package monetix_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/secrets"
)

// Anybody who has one genuine callback can add what nobody signs: objects and arrays without
// a scalar, whatever stands below frame_mode and signature, signatures inside arrays.

// strangeNames are names that no documented member has, and some that are read.
var strangeNames = []string{
	"zz", "a b", "a:b", ";", "", "ក", "0", "general", "payment_id", "operations", "operation", "errors", "payment", "customer",
	"sum", "sum_initial", "code", "status", "type", "request_id", "extra",
}

// nothingSigned draws a value without a line.
func nothingSigned(r *rand.Rand, deep int) any {
	inner := map[string]any{}
	var list []any
	for range r.IntN(3) {
		if deep > 0 {
			inner[strangeNames[r.IntN(len(strangeNames))]] = nothingSigned(r, deep-1)
			list = append(list, nothingSigned(r, deep-1))
		}
	}
	if r.IntN(2) == 0 {
		return inner
	}
	return append([]any{}, list...)
}

// anything draws a value full of scalars, for places that are never signed.
func anything(r *rand.Rand) any {
	texts := []any{"x;payment:status:success", ";errors:0:code:3041", "general:x", 7, true, nil, "x;operation:request_id:1;payment_id:2"}
	one := texts[r.IntN(len(texts))]
	return []any{one, map[string]any{"a b": one, "code": "3041"}, []any{one, one}}[r.IntN(3)]
}

// pad adds what is not signed to some objects and arrays of a tree.
func pad(r *rand.Rand, v any, path string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if name != "signature" {
				v[name] = pad(r, inner, path+"/"+name)
			}
		}
		for range r.IntN(3) {
			name, value := strangeNames[r.IntN(len(strangeNames))], nothingSigned(r, 2)
			switch r.IntN(6) {
			case 0:
				name, value = "frame_mode", anything(r)
			case 1:
				name, value = "signature", anything(r)
			}
			rootsOwn := path == "" && name == "signature" || path == "/general"
			if _, there := v[name]; !there && !rootsOwn {
				v[name] = value
			}
		}
	case []any:
		for i := range v {
			v[i] = pad(r, v[i], path+"[")
		}
		for range r.IntN(2) {
			v = append(v, []any{nothingSigned(r, 2), map[string]any{"signature": anything(r)}}[r.IntN(2)])
		}
		return v
	}
	return v
}

// marred are bodies that are ambiguous, or nearly so, for what is signed in them.
func marred(r *rand.Rand) string {
	return []string{
		"", "", `"extra":"1",`, `"customer":{"a b":"1"},`, `"customer":{"id":"x;payment:status:decline"},`, `"general":{"payment_id":"1"},`,
		`"errors":{"0":{"code":"3041"}},`, `"customer":{"id":"a;b:c"},`, `"errors":[{"code":"1","x":[1,{"y":null}]}],`, `"display_data":[[1],[],{"z":1.5}],`,
	}[r.IntN(10)]
}

// comparePadded compares a genuine callback with a copy that has more of what nobody signed.
func comparePadded(t *testing.T, r *rand.Rand) (verified, ambiguous bool) {
	t.Helper()
	var body string
	if r.IntN(2) == 0 {
		all := leaves(r)
		body = written(all, func(text string) string { quoted, _ := json.Marshal(text); return string(quoted) }, nothingMore) + "}"
	} else {
		body = paidCallback(marred(r), "", "")
	}
	signature := monetix.Sign(parse(t, body), secrets.New(testSecret))
	genuine, err := verify(t, strings.TrimSuffix(body, "}")+fmt.Sprintf(`,"signature":%q}`, signature))
	if err != nil {
		return false, false // another kind of message; no copy of it is believed either
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	tree = pad(r, tree, "").(map[string]any)
	tree["signature"] = signature
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(tree); err != nil {
		t.Fatal(err)
	}
	c, err := verify(t, out.String())
	if err != nil {
		t.Fatalf("what nobody signed makes it %v\n%s\n%s", err, body, out.String())
	}
	if c.Ambiguous != genuine.Ambiguous || said(c) != said(genuine) {
		t.Fatalf("what nobody signed says something\n%s\n%q %s\n\n%s\n%q %s", body, genuine.Ambiguous, said(genuine), out.String(), c.Ambiguous, said(c))
	}
	return true, c.Ambiguous != ""
}

func TestWhatNobodySignedSaysNothing(t *testing.T) {
	seen := map[bool]int{}
	for seed := range uint64(6000) {
		if verified, ambiguous := comparePadded(t, rand.New(rand.NewPCG(seed, 7))); verified {
			seen[ambiguous]++
		}
	}
	if seen[true] < 500 || seen[false] < 2000 {
		t.Errorf("%v callbacks were compared: the test says nothing", seen)
	}
}

func FuzzWhatNobodySignedSaysNothing(f *testing.F) {
	f.Add(uint64(1), uint64(7))
	f.Fuzz(func(t *testing.T, a, b uint64) { comparePadded(t, rand.New(rand.NewPCG(a, b))) })
}
