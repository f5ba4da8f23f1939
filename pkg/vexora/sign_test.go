package vexora_test

import (
	"encoding/json"
	"os"
	"testing"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

func TestEveryVectorIsReproduced(t *testing.T) {
	raw, err := os.ReadFile("testdata/signature_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name         string            `json:"name"`
		Secret       string            `json:"secret"`
		Params       map[string]string `json:"params"`
		RawBody      string            `json:"raw_body"`
		StringToSign string            `json:"string_to_sign"`
		Expected     string            `json:"expected"`
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) != 8 {
		t.Fatalf("%d vectors; 8 are known", len(vectors))
	}
	for _, v := range vectors {
		fields := v.Params
		if v.RawBody != "" {
			fields = literals(t, v.RawBody)
			if got := vexora.Canonical(fields); got != v.StringToSign {
				t.Errorf("%s: the text is %s", v.Name, got)
			}
		}
		if got := vexora.Sign(fields, secrets.New(v.Secret)); got != v.Expected {
			t.Errorf("%s: %s", v.Name, got)
		}
	}
}

// literals reads the members of a flat object as they are written.
func literals(t *testing.T, body string) map[string]string {
	t.Helper()
	tree, err := jsontree.Parse([]byte(body), jsontree.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, m := range tree.Members() {
		text, ok := m.Value.Text()
		if !ok {
			text = m.Value.Literal()
		}
		fields[m.Name] = text
	}
	return fields
}

func TestCanonicalTextByExample(t *testing.T) {
	for name, test := range map[string]struct {
		fields map[string]string
		want   string
	}{
		"sorted by bytes, capitals first": {map[string]string{"b": "2", "B": "1", "a": "0"}, "B=1a=0b=2"},
		"empty values go":                 {map[string]string{"a": "", "b": "x"}, "b=x"},
		"a blank is a value":              {map[string]string{"a": " "}, "a= "},
		"the signature is not signed":     {map[string]string{"sign": "x", "a": "1"}, "a=1"},
		"nothing is escaped":              {map[string]string{"u": "https://x/?a=1&b=2"}, "u=https://x/?a=1&b=2"},
		"fields are not kept apart":       {map[string]string{"a": "1b=2"}, "a=1b=2"},
		"the same text from other fields": {map[string]string{"a": "1", "b": "2"}, "a=1b=2"},
	} {
		if got := vexora.Canonical(test.fields); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
