package monetix_test

import (
	"encoding/json"
	"os"
	"testing"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/secrets"
)

// vector is one published or derived example of a signature.
type vector struct {
	Name     string          `json:"name"`
	Secret   string          `json:"secret"`
	Params   json.RawMessage `json:"params"`
	Expected string          `json:"expected"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	raw, err := os.ReadFile("testdata/signature_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func parse(t *testing.T, text string) jsontree.Value {
	t.Helper()
	tree, err := jsontree.Parse([]byte(text), jsontree.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestEveryVectorIsReproduced(t *testing.T) {
	all := vectors(t)
	if len(all) != 34 {
		t.Fatalf("%d vectors; 34 are known", len(all))
	}
	for _, v := range all {
		if got := monetix.Sign(parse(t, string(v.Params)), secrets.New(v.Secret)); got != v.Expected {
			t.Errorf("%s: %s", v.Name, got)
		}
	}
}

func TestCanonicalTextByExample(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"members are sorted":              {`{"b":1,"a":{"d":2,"c":"x"}}`, "a:c:x;a:d:2;b:1"},
		"arrays are numbered":             {`{"a":["x",{"y":1}]}`, "a:0:x;a:1:y:1"},
		"booleans are digits":             {`{"a":true,"b":false,"c":"true"}`, "a:1;b:0;c:true"},
		"null and empty texts stay":       {`{"a":null,"b":""}`, "a:;b:"},
		"empty containers go":             {`{"a":{},"b":[],"c":1}`, "c:1"},
		"signatures go at any depth":      {`{"signature":"x","general":{"signature":"y","z":1},"l":[{"signature":"q"}]}`, "general:z:1"},
		"integers keep their digits":      {`{"id":9007199254740993}`, "id:9007199254740993"},
		"fractions keep their literal":    {`{"v":1.50,"w":1e3}`, "v:1.50;w:1e3"},
		"texts are not escaped":           {`{"a":"1;b:2"}`, "a:1;b:2"},
		"the same text from other fields": {`{"a":"1","b":"2"}`, "a:1;b:2"},
	} {
		if got := monetix.Canonical(parse(t, test.body)); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func FuzzCanonicalNeverPanics(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}],"signature":1}`)
	f.Fuzz(func(t *testing.T, body string) {
		tree, err := jsontree.Parse([]byte(body), jsontree.DefaultLimits)
		if err != nil {
			return
		}
		again, err := jsontree.Parse([]byte(" "+body), jsontree.Limits{Bytes: 1 << 20, Depth: 100, Nodes: 1 << 20})
		if err != nil || monetix.Canonical(tree) != monetix.Canonical(again) {
			t.Errorf("two texts of one tree, %v", err)
		}
	})
}
