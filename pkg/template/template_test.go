package template_test

import (
	"reflect"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

func TestIntrinsicFunctionsAreReadInTheirLongForm(t *testing.T) {
	got, err := template.Parse([]byte(`
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    Properties:
      Name: !Ref Name
      Role: !GetAtt Role.Arn
      Text: !Sub "${A}-b"
      Choice: !If [On, {Deep: !Ref X}, !Ref AWS::NoValue]
      Count: 3
      Zero: "0004"
      On: true
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"Name": map[string]any{"Ref": "Name"},
		"Role": map[string]any{"Fn::GetAtt": "Role.Arn"},
		"Text": map[string]any{"Fn::Sub": "${A}-b"},
		"Choice": map[string]any{"Fn::If": []any{
			"On", map[string]any{"Deep": map[string]any{"Ref": "X"}}, map[string]any{"Ref": "AWS::NoValue"},
		}},
		"Count": float64(3), "Zero": "0004", "On": true,
	}
	table := got.Resources["Table"]
	if !reflect.DeepEqual(table.Properties, want) || table.DeletionPolicy != "Retain" || table.Type != "AWS::DynamoDB::Table" {
		t.Errorf("%+v", table)
	}
}

func TestATemplateThatCloudFormationWouldRefuseIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"alias":       {"Resources: {A: &a {Type: T}, B: *a}", "aliases"},
		"same twice":  {"Resources: {A: {Type: T}, A: {Type: U}}", "twice"},
		"not YAML":    {"Resources: {", "template"},
		"empty":       {"", "empty"},
		"wrong shape": {"Resources: [1]", "template"},
	} {
		if _, err := template.Parse([]byte(test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := template.Load("testdata/there-is-none.yaml"); err == nil {
		t.Error("a missing file is a template")
	}
}

func TestPropertiesDecodeByName(t *testing.T) {
	r := template.Resource{Properties: map[string]any{"Name": "x", "Other": 1}}
	var into struct{ Name string }
	if err := r.Decode(&into); err != nil || into.Name != "x" {
		t.Errorf("%+v, %v", into, err)
	}
	if err := r.Decode(&struct{ Name int }{}); err == nil {
		t.Error("text is a number")
	}
}
