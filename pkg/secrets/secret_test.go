package secrets

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

const text = "vexora-test-secret-0001"

// holder is a struct as connectors have it; fmt reads its unexported field
// without asking the field's methods.
type holder struct {
	Name   string
	Shown  Secret
	hidden Secret
}

func TestNoVerbPrintsASecret(t *testing.T) {
	s := New(text)
	values := map[string]any{
		"the secret":         s,
		"a pointer to it":    &s,
		"a struct":           holder{"vexora", s, s},
		"a pointer to one":   &holder{"vexora", s, s},
		"a slice":            []Secret{s},
		"a slice of structs": []holder{{"vexora", s, s}},
		"a map":              map[string]Secret{"KHR": s},
		"a version":          Version{ID: "1", Text: s},
		"an interface":       []any{s},
		"an error":           fmt.Errorf("using %v: %w", s, errors.New("refused")),
	}
	verbs := []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%T", "%p", "%10.3s", "%#q", "%U", "%c", "%t", "%e", "%!"}
	for name, value := range values {
		for _, verb := range verbs {
			if out := fmt.Sprintf(verb, value); leaks(out) {
				t.Errorf("%s with %s: %s", name, verb, out)
			}
		}
	}
	if out := s.String() + fmt.Sprint(s) + fmt.Sprintln(s); leaks(out) || !strings.Contains(out, mask) {
		t.Errorf("printed as %s", out)
	}
}

// leaks looks for the text and for its hexadecimal forms.
func leaks(out string) bool {
	for _, form := range []string{"%s", "%x", "%X", "% x", "%d"} {
		if strings.Contains(out, strings.Trim(fmt.Sprintf(form, []byte(text)), "[]")) {
			return true
		}
	}
	return false
}

func TestNoEncodingShowsASecret(t *testing.T) {
	s := New(text)
	h := holder{"vexora", s, s}
	asJSON, err := json.Marshal(map[string]any{"one": s, "holder": h, "list": []Secret{s}})
	if err != nil || leaks(string(asJSON)) || !strings.Contains(string(asJSON), mask) {
		t.Errorf("JSON: %s, %v", asJSON, err)
	}
	asXML, err := xml.Marshal(h)
	if err != nil || leaks(string(asXML)) {
		t.Errorf("XML: %s, %v", asXML, err)
	}
	var back Secret
	//lint:ignore SA9005 that it cannot be decoded is what is tested
	if err := json.Unmarshal([]byte(`"`+text+`"`), &back); err == nil {
		t.Error("a secret was decoded past the parser")
	}
}

func TestNoLogShowsASecret(t *testing.T) {
	s := New(text)
	h := holder{"vexora", s, s}
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("start", "secret", s, "pointer", &s, "holder", h, "to", &h)
		log.With("secret", s).WithGroup("g").Warn("again", slog.Any("list", []Secret{s}), slog.Group("in", "secret", s))
	}
	if leaks(out.String()) || strings.Count(out.String(), mask) < 8 {
		t.Errorf("logged: %s", &out)
	}
}

func TestSecretsAreNotComparableButCanBeEqual(t *testing.T) {
	if reflect.TypeFor[Secret]().Comparable() {
		t.Error("== would compile and leak by its timing")
	}
	tests := []struct {
		name string
		a, b Secret
		want bool
	}{
		{"the same text", New(text), New(text), true},
		{"another text", New(text), New(text + "2"), false},
		{"a prefix", New(text), New(text[:5]), false},
		{"no secret and an empty one", Secret{}, New(""), true},
		{"a secret and none", New(text), Secret{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.a.Equal(tt.b) != tt.want || tt.b.Equal(tt.a) != tt.want {
				t.Errorf("Equal is not %v", tt.want)
			}
		})
	}
}

func TestRevealGivesTheTextBack(t *testing.T) {
	if got := New(text).Reveal(); got != text {
		t.Errorf("got %q", got)
	}
	if New(text).IsZero() || !New("").IsZero() || !(Secret{}).IsZero() || (Secret{}).Reveal() != "" {
		t.Error("IsZero is wrong")
	}
}

func TestPlaceholdersAreRecognised(t *testing.T) {
	for _, placeholder := range []string{
		"", "  \n", "{}", " {} ", "REPLACE_ME", `{"base_url": "REPLACE_ME", "project_id": 0, "secret_key": "REPLACE_ME"}`,
	} {
		if !IsPlaceholder(placeholder) {
			t.Errorf("%q passes for a secret", placeholder)
		}
	}
	for _, real := range []string{text, `{"secret_key": "x"}`, "replace me", "{"} {
		if IsPlaceholder(real) {
			t.Errorf("%q passes for a placeholder", real)
		}
	}
}
