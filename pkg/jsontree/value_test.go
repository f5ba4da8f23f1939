package jsontree

import (
	"math"
	"testing"
)

func TestNumbersKeepTheirLiteral(t *testing.T) {
	// Vexora signs these very digits; as floating point they would all change.
	for _, literal := range []string{
		"9998989.1200", "3.0000", "50000.00", "1e3", "1E+03", "-0", "0.10",
		"9007199254740993", "123456789012345678901234567890", "1.7976931348623157e999",
	} {
		v := parse(t, `{"amount": `+literal+` }`)
		amount, _ := v.Member("amount")
		if amount.Kind() != Number || amount.Literal() != literal {
			t.Errorf("%s became %s %s", literal, amount.Kind(), amount.Literal())
		}
	}
}

func TestEachKindAnswersOnlyItsOwnQuestions(t *testing.T) {
	type answers struct {
		text    string
		isText  bool
		literal string
		truth   bool
		isBool  bool
		integer int64
		isInt   bool
		size    int // members plus elements
	}
	tests := []struct {
		json string
		kind Kind
		want answers
	}{
		{`null`, Null, answers{literal: "null"}},
		{`true`, Bool, answers{literal: "true", truth: true, isBool: true}},
		{`false`, Bool, answers{literal: "false", isBool: true}},
		{`12`, Number, answers{literal: "12", integer: 12, isInt: true}},
		{`1.0`, Number, answers{literal: "1.0"}},
		{`"12"`, String, answers{text: "12", isText: true}},
		{`"true"`, String, answers{text: "true", isText: true}},
		{`""`, String, answers{isText: true}},
		{`[1,2]`, Array, answers{size: 2}},
		{`{"a":1}`, Object, answers{size: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.json, func(t *testing.T) {
			v := parse(t, tt.json)
			var got answers
			got.text, got.isText = v.Text()
			got.literal = v.Literal()
			got.truth, got.isBool = v.Bool()
			got.integer, got.isInt = v.Int64()
			got.size = len(v.Members()) + len(v.Elements())
			if v.Kind() != tt.kind || got != tt.want {
				t.Errorf("%s: %+v", v.Kind(), got)
			}
		})
	}
}

func TestInt64TakesPlainIntegersThatFit(t *testing.T) {
	tests := []struct {
		literal string
		want    int64
		ok      bool
	}{
		{"0", 0, true},
		{"6000000000", 6_000_000_000, true}, // 60 million riel at Monetix
		{"9007199254740993", 9_007_199_254_740_993, true},
		{"9223372036854775807", math.MaxInt64, true},
		{"-9223372036854775808", math.MinInt64, true},
		{"9223372036854775808", 0, false},
		{"-9223372036854775809", 0, false},
		{"1.0", 0, false},
		{"1e3", 0, false},
		{"100E-2", 0, false},
	}
	for _, tt := range tests {
		n, ok := parse(t, tt.literal).Int64()
		if ok != tt.ok || ok && n != tt.want {
			t.Errorf("%s: %d, %v", tt.literal, n, ok)
		}
	}
}

func TestStringsAreDecodedOnce(t *testing.T) {
	tests := map[string]string{
		`"\u0041\/\\\""`:         `A/\"`,
		`"a\u0000b"`:             "a\x00b",
		`"\ud83d\ude00"`:         "😀",
		`"ប្រាក់ ខែ"`:            "ប្រាក់ ខែ",
		`"\\u0041"`:              `\u0041`,
		`"2026-05-16\t15:10:05"`: "2026-05-16\t15:10:05",
	}
	for text, want := range tests {
		if got, ok := parse(t, text).Text(); !ok || got != want {
			t.Errorf("%s became %q", text, got)
		}
	}
}

func TestMembersKeepTheirOrderAndCase(t *testing.T) {
	v := parse(t, `{"z":1,"Status":2,"a":3,"status":4}`)
	order := ""
	for _, m := range v.Members() {
		order += m.Name + m.Value.Literal() + " "
	}
	if order != "z1 Status2 a3 status4 " {
		t.Errorf("order %s", order)
	}
	status, ok := v.Member("status")
	if !ok || status.Literal() != "4" {
		t.Errorf("status is %s", status.Literal())
	}
	if _, ok := v.Member("STATUS"); ok {
		t.Error("a name was found in another case")
	}
}

func TestPathFollowsObjectsOnly(t *testing.T) {
	v := parse(t, `{"payment":{"sum":{"amount":5000000}},"operations":[{"id":1}],"note":null}`)
	amount, ok := v.Path("payment", "sum", "amount")
	if n, exact := amount.Int64(); !ok || !exact || n != 5_000_000 {
		t.Errorf("amount %d, %v", n, ok)
	}
	for _, path := range [][]string{
		{"absent"}, {"payment", "absent", "amount"}, {"payment", "sum", "amount", "minor"}, {"operations", "id"}, {"operations", "0"},
	} {
		if found, ok := v.Path(path...); ok || found.Kind() != Invalid {
			t.Errorf("%v leads to a %s", path, found.Kind())
		}
	}
	if note, ok := v.Path("note"); !ok || note.Kind() != Null {
		t.Error("a member that is null counts as absent")
	}
	if root, ok := v.Path(); !ok || root.Kind() != Object {
		t.Error("the empty path is not the root")
	}
}

func TestTheZeroValueIsNowhere(t *testing.T) {
	var none Value
	_, isText := none.Text()
	_, isBool := none.Bool()
	_, isInt := none.Int64()
	_, hasMember := none.Member("a")
	_, hasPath := none.Path()
	if isText || isBool || isInt || hasMember || hasPath || none.Literal() != "" || none.Kind() != Invalid {
		t.Error("the zero value answers")
	}
}

func TestATreeCannotBeChangedThroughItsSlices(t *testing.T) {
	v := parse(t, `{"amount":1,"list":[1,2]}`)
	v.Members()[0] = Member{Name: "amount", Value: parse(t, `9`)}
	list, _ := v.Member("list")
	list.Elements()[0] = parse(t, `9`)
	amount, _ := v.Member("amount")
	if amount.Literal() != "1" || list.Elements()[0].Literal() != "1" {
		t.Error("a value changed after it was read")
	}
}

func TestATreeSurvivesItsBuffer(t *testing.T) {
	body := []byte(`{"name":"Sophea","n":123}`)
	v, err := Parse(body, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	name, _ := v.Member("name")
	if text, _ := name.Text(); text != "Sophea" {
		t.Errorf("the name became %q", text)
	}
}

func TestKindsHaveJSONsNames(t *testing.T) {
	names := map[Kind]string{
		Invalid: "invalid", Null: "null", Bool: "boolean", Number: "number",
		String: "string", Array: "array", Object: "object", Object + 1: "invalid",
	}
	for kind, name := range names {
		if kind.String() != name {
			t.Errorf("kind %d is called %q", kind, kind)
		}
	}
}
