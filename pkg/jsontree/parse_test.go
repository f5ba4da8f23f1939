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
func reasonOf(t *testing.T, err error) (reason Reason, place string) {
	t.Helper()
	if err == nil {
		return "", ""
	}
	var refused *SyntaxError
	if !errors.As(err, &refused) {
		t.Fatalf("error of type %T: %v", err, err)
	}
	return refused.Reason, fmt.Sprint(refused.Line, ":", refused.Column)
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name  string
		text  string
		want  Reason
		place string // line:column
	}{
		{"nothing", ``, Malformed, "1:1"},
		{"blanks only", " \n", Malformed, "2:1"},
		{"a lone closing brace", `}`, Malformed, "1:1"},
		{"half an object", `{"a":1`, Malformed, "1:7"},
		{"half a string", `"abc`, Malformed, "1:5"},
		{"a missing value", `{"a":}`, Malformed, "1:6"},
		{"a missing colon", `{"a" 1}`, Malformed, "1:6"},
		{"a trailing comma", `{"a":1,}`, Malformed, "1:7"},
		{"a trailing comma in an array", `[1,]`, Malformed, "1:3"},
		{"mismatched brackets", `[1}`, Malformed, "1:3"},
		{"a name that is no string", `{1:2}`, Malformed, "1:2"},
		{"single quotes", `{'a':1}`, Malformed, "1:2"},
		{"a comment", `{"a":1/*x*/}`, Malformed, "1:7"},
		{"a capital literal", `True`, Malformed, "1:1"},
		{"NaN", `[NaN]`, Malformed, "1:2"},
		{"a plus sign", `[+1]`, Malformed, "1:2"},
		{"a leading zero", `[01]`, Malformed, "1:3"},
		{"a bare point", `[1.]`, Malformed, "1:4"},
		{"a hexadecimal number", `[0x1]`, Malformed, "1:3"},
		{"a raw line break in a string", "\"a\nb\"", Malformed, "1:3"},
		{"a raw NUL in a string", "\"a\x00\"", Malformed, "1:3"},
		{"an unknown escape", `"\x41"`, Malformed, "1:2"},
		{"a byte order mark", "\ufeff{}", Malformed, "1:1"},
		{"UTF-16", "{\x00}\x00", Malformed, "1:2"},

		{"a second value", `{} {}`, TrailingData, "1:4"},
		{"a closing brace too many", `{"a":1}}`, TrailingData, "1:8"},
		{"a comma behind the end", `1,`, TrailingData, "1:2"},
		{"a NUL behind the end", "{}\x00", TrailingData, "1:3"},
		{"text behind the end", `{}OK`, TrailingData, "1:3"},

		{"a duplicate member", `{"a":1,"a":2}`, DuplicateMember, "1:8"},
		{"a duplicate with equal values", `{"a":1,"a":1}`, DuplicateMember, "1:8"},
		{"a duplicate in another spelling", `{"a":1,"\u0061":2}`, DuplicateMember, "1:8"},
		{"a duplicate deep inside", `{"x":[0,{"y":{"k":1,"k":2}}]}`, DuplicateMember, "1:21"},
		{"a duplicate empty name", `{"":1,"":2}`, DuplicateMember, "1:7"},
		{"a duplicate signature", `{"sign":"a","amount":"1","sign":"b"}`, DuplicateMember, "1:26"},

		{"a stray byte", "{\"a\":\"\xff\"}", InvalidUTF8, "1:7"},
		{"an overlong slash", "\"\xc0\xaf\"", InvalidUTF8, "1:2"},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", InvalidUTF8, "1:2"},
		{"a cut character", "\"\xe1\x9e", InvalidUTF8, "1:2"},
		{"a lone high surrogate", `{"a":"\ud800"}`, InvalidUTF8, "1:7"},
		{"a lone low surrogate", `"\udc00"`, InvalidUTF8, "1:2"},
		{"surrogates in the wrong order", `["\udc00\ud800"]`, InvalidUTF8, "1:3"},
		{"a high surrogate before a letter", `"\ud800x"`, InvalidUTF8, "1:2"},
		{"a lone surrogate in a name", `{"\ud800":1}`, InvalidUTF8, "1:3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := Parse([]byte(tt.text), DefaultLimits)
			reason, place := reasonOf(t, err)
			if reason != tt.want || place != tt.place {
				t.Errorf("got %q at %s", reason, place)
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

func TestErrorsNameLineAndColumnAndNoMember(t *testing.T) {
	name := "Sophea 88990011 level=INFO forged"
	tests := map[string]struct{ text, want string }{
		"a duplicate in the third line": {"{\n \"" + name + "\": 1,\n \"" + name + "\": 2}", "line 3, column 2: duplicate member name"},
		"columns count characters":      {`{"ប្រាក់": 1, }`, "line 1, column 13: malformed JSON"},
		"line ends of Windows":          {"{\r\n\"a\": tru }", "line 2, column 9: malformed JSON"},
		"too many values":               {"[1,\n2,\n 345]", "line 3, column 2: more values than the limit"},
		"too deep":                      {"{\"" + name + "\":\n[[[1]]]}", "line 2, column 2: nested deeper than the limit"},
		"too large":                     {strings.Repeat(" ", 150), "line 1, column 101: larger than the limit"},
		"behind the end":                {"{}\n\n x", "line 3, column 2: data after the end of the value"},
		"a broken character":            {"{\"" + name + "\":\n\"\xff\"}", "line 2, column 2: invalid UTF-8 or a lone surrogate"},
	}
	for title, tt := range tests {
		_, err := Parse([]byte(tt.text), Limits{Bytes: 100, Depth: 3, Nodes: 3})
		if title == "too deep" {
			_, err = Parse([]byte(tt.text), Limits{Bytes: 100, Depth: 2, Nodes: 10})
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v", title, err)
		}
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
