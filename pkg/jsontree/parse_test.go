package jsontree

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) Value {
	t.Helper()
	v, err := Parse([]byte(text), DefaultLimits)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return v
}

// reasonOf is empty when the text was taken, and fails on foreign errors.
func reasonOf(t *testing.T, err error) (Reason, string) {
	t.Helper()
	if err == nil {
		return "", ""
	}
	var refused *SyntaxError
	if !errors.As(err, &refused) {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return refused.Reason, refused.Pointer
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name    string
		text    string
		want    Reason
		pointer string
	}{
		{"nothing", ``, Malformed, ""},
		{"blanks only", " \n", Malformed, ""},
		{"a lone closing brace", `}`, Malformed, ""},
		{"half an object", `{"a":1`, Malformed, ""},
		{"half a string", `"abc`, Malformed, ""},
		{"a missing value", `{"a":}`, Malformed, "/a"},
		{"a missing colon", `{"a" 1}`, Malformed, "/a"},
		{"a trailing comma", `{"a":1,}`, Malformed, ""},
		{"a trailing comma in an array", `[1,]`, Malformed, ""},
		{"mismatched brackets", `[1}`, Malformed, ""},
		{"a name that is no string", `{1:2}`, Malformed, ""},
		{"single quotes", `{'a':1}`, Malformed, ""},
		{"a comment", `{"a":1/*x*/}`, Malformed, ""},
		{"a capital literal", `True`, Malformed, ""},
		{"NaN", `[NaN]`, Malformed, "/0"},
		{"a plus sign", `[+1]`, Malformed, "/0"},
		{"a leading zero", `[01]`, Malformed, ""},
		{"a bare point", `[1.]`, Malformed, "/0"},
		{"a hexadecimal number", `[0x1]`, Malformed, ""},
		{"a raw line break in a string", "\"a\nb\"", Malformed, ""},
		{"a raw NUL in a string", "\"a\x00\"", Malformed, ""},
		{"an unknown escape", `"\x41"`, Malformed, ""},
		{"a byte order mark", "\ufeff{}", Malformed, ""},
		{"UTF-16", "{\x00}\x00", Malformed, ""},

		{"a second value", `{} {}`, TrailingData, ""},
		{"a closing brace too many", `{"a":1}}`, TrailingData, ""},
		{"a comma behind the end", `1,`, TrailingData, ""},
		{"a NUL behind the end", "{}\x00", TrailingData, ""},
		{"text behind the end", `{}OK`, TrailingData, ""},

		{"a duplicate member", `{"a":1,"a":2}`, DuplicateMember, "/a"},
		{"a duplicate with equal values", `{"a":1,"a":1}`, DuplicateMember, "/a"},
		{"a duplicate in another spelling", `{"a":1,"\u0061":2}`, DuplicateMember, "/a"},
		{"a duplicate deep inside", `{"x":[0,{"y":{"k":1,"k":2}}]}`, DuplicateMember, "/x/1/y/k"},
		{"a duplicate empty name", `{"":1,"":2}`, DuplicateMember, "/"},
		{"a duplicate signature", `{"sign":"a","amount":"1","sign":"b"}`, DuplicateMember, "/sign"},

		{"a stray byte", "{\"a\":\"\xff\"}", InvalidUTF8, ""},
		{"an overlong slash", "\"\xc0\xaf\"", InvalidUTF8, ""},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", InvalidUTF8, ""},
		{"a cut character", "\"\xe1\x9e", InvalidUTF8, ""},
		{"a lone high surrogate", `{"a":"\ud800"}`, InvalidUTF8, "/a"},
		{"a lone low surrogate", `"\udc00"`, InvalidUTF8, ""},
		{"surrogates in the wrong order", `["\udc00\ud800"]`, InvalidUTF8, "/0"},
		{"a high surrogate before a letter", `"\ud800x"`, InvalidUTF8, ""},
		{"a lone surrogate in a name", `{"\ud800":1}`, InvalidUTF8, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := Parse([]byte(tt.text), DefaultLimits)
			reason, pointer := reasonOf(t, err)
			if reason != tt.want || pointer != tt.pointer {
				t.Errorf("got %q at %q", reason, pointer)
			}
			if v.Kind() != Invalid {
				t.Errorf("an error came with a %s", v.Kind())
			}
		})
	}
}

func TestParseTakesWhatIsUnusualButClear(t *testing.T) {
	for _, text := range []string{
		` {"a" : 1 } ` + "\r\n", `null`, `"x"`, `[]`, `{}`, `-0`, `1E+2`, `{"a":{"b":1},"b":1}`, `{"A":1,"a":2}`,
		`"\ud83d\ude00"`, `"\u0000"`, `"ប្រាក់"`, `{"":1}`,
	} {
		parse(t, text)
	}
}

func TestLimitsHoldExactly(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name   string
		text   string
		limits Limits
		want   Reason
	}{
		{"as many bytes as allowed", `"12345678"`, Limits{10, 1, 1}, ""},
		{"one byte more", `"123456789"`, Limits{10, 1, 1}, TooLarge},
		{"blanks count as bytes", `1          `, Limits{10, 1, 1}, TooLarge},
		{"as deep as allowed", nest(3), Limits{100, 3, 100}, ""},
		{"one deeper", nest(4), Limits{100, 3, 100}, TooDeep},
		{"objects count as well", `{"a":{"b":{"c":{}}}}`, Limits{100, 3, 100}, TooDeep},
		{"depth is counted down again", `[[],[[]],[]]`, Limits{100, 3, 100}, ""},
		{"a scalar needs no depth", `1`, Limits{100, 0, 100}, ""},
		{"as many values as allowed", `[1,2,3]`, Limits{100, 1, 4}, ""},
		{"one value more", `[1,2,3,4]`, Limits{100, 1, 4}, TooManyValues},
		{"names are not values", `{"a":1,"b":2,"c":3}`, Limits{100, 1, 4}, ""},
		{"no limits, no values", `1`, Limits{}, TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), tt.limits)
			if reason, _ := reasonOf(t, err); reason != tt.want {
				t.Errorf("got %q, want %q", reason, tt.want)
			}
		})
	}
}

func TestHostileSizesEndQuickly(t *testing.T) {
	tests := map[string]struct {
		text string
		want Reason
	}{
		"a megabyte of blanks":        {strings.Repeat(" ", 1<<20), TooLarge},
		"sixty thousand open arrays":  {strings.Repeat("[", 60_000), TooDeep},
		"sixty thousand open objects": {strings.Repeat(`{"a":`, 10_000), TooDeep},
		"thirty thousand elements":    {"[" + strings.Repeat("1,", 30_000) + "1]", TooManyValues},
		"a long number":               {strings.Repeat("9", 60_000), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tt.text), DefaultLimits)
			if reason, _ := reasonOf(t, err); reason != tt.want {
				t.Errorf("got %q, want %q", reason, tt.want)
			}
		})
	}
}

func TestErrorsNeverRepeatValues(t *testing.T) {
	const private = "Sophea-88990011"
	for _, text := range []string{
		`{"name":"` + private + `","name":"` + private + `"}`,
		`{"name":"` + private + `\ud800"}`,
		`{"name":"` + private,
		`{"name":` + private + `}`,
		`{"name":1} ` + private,
		private,
	} {
		_, err := Parse([]byte(text), DefaultLimits)
		if err == nil || strings.Contains(err.Error(), private[:4]) || strings.Contains(err.Error(), "8899") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestErrorsClipAndQuoteMemberNames(t *testing.T) {
	name := "\n2026-05-16 level=INFO forged " + strings.Repeat("ក", 200)
	text, err := json.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(fmt.Appendf(nil, "{%s:1,%s:2}", text, text), DefaultLimits)
	if reason, pointer := reasonOf(t, err); reason != DuplicateMember || len(pointer) > maxPointer+len("...") {
		t.Errorf("%s at a pointer of %d bytes", reason, len(pointer))
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("a line break came through: %v", err)
	}
}

// FuzzParse holds that Parse never panics and that whatever it takes reads the
// same with encoding/json, member for member and digit for digit.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,2.50,-3e5,"x",true,false,null,{}],"b":{"c":"\u0000\ud83d\ude00"}}`, `{"a":1,"a":2}`, `"\ud800"`,
		`[[[[]]]]`, `{} {}`, `-0`, `1.`, "\ufeff1", "\"\xff\"", `{"sign":null}`, "[1,\t2 ]\n", `}`, `[}`, `{"a"`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := Parse(body, DefaultLimits)
		if err != nil {
			reasonOf(t, err)
			return
		}
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		var other any
		if err := decoder.Decode(&other); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", body, err)
		}
		if err := same(v, other); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
	})
}

// same compares a tree with what encoding/json read.
func same(v Value, other any) error {
	switch other := other.(type) {
	case map[string]any:
		return sameObject(v, other)
	case []any:
		return sameArray(v, other)
	case string:
		if text, ok := v.Text(); !ok || text != other {
			return fmt.Errorf("%q, not %q", text, other)
		}
		return nil
	case json.Number:
		return sameLiteral(v, Number, other.String())
	case bool:
		return sameLiteral(v, Bool, fmt.Sprint(other))
	}
	return sameLiteral(v, Null, "null")
}

func sameLiteral(v Value, k Kind, text string) error {
	if v.Kind() != k || v.Literal() != text {
		return fmt.Errorf("%s %q, not %s %q", v.Kind(), v.Literal(), k, text)
	}
	return nil
}

func sameObject(v Value, other map[string]any) error {
	if v.Kind() != Object || len(v.Members()) != len(other) {
		return fmt.Errorf("%s with %d members, not %d", v.Kind(), len(v.Members()), len(other))
	}
	for _, m := range v.Members() {
		theirs, ok := other[m.Name]
		if !ok {
			return fmt.Errorf("member %q is not there", m.Name)
		}
		if err := same(m.Value, theirs); err != nil {
			return err
		}
	}
	return nil
}

func sameArray(v Value, other []any) error {
	elements := v.Elements()
	if v.Kind() != Array || len(elements) != len(other) {
		return fmt.Errorf("%s with %d elements, not %d", v.Kind(), len(elements), len(other))
	}
	for i := range other {
		if err := same(elements[i], other[i]); err != nil {
			return err
		}
	}
	return nil
}
