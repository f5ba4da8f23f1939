package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Template is a SAM or CloudFormation template. Values are what JSON would hold;
// an intrinsic function is a map of one member, in its long form: !Ref X is
// {"Ref": "X"}, !GetAtt X.Arn is {"Fn::GetAtt": "X.Arn"}. One form for both spellings lets tests
// compare a template with what SAM's translator makes of it, which is JSON in the long form.
type Template struct {
	Parameters map[string]Parameter
	Conditions map[string]any
	Rules      map[string]Rule
	Globals    map[string]any
	Resources  map[string]Resource
	Outputs    map[string]Output
}

// Parameter is one of the template's parameters. Default is nil if whoever deploys has to name a
// value; a number and a text are both possible.
type Parameter struct {
	Type, Description, AllowedPattern string
	Default                           any
	AllowedValues                     []any
}

// Rule is what CloudFormation checks of the parameters before it makes anything. An assertion
// that does not hold refuses the deployment, with its description; without RuleCondition a rule
// always applies.
type Rule struct {
	RuleCondition any
	Assertions    []struct {
		Assert            any
		AssertDescription string
	}
}

// Resource is one of the template's resources. DeletionPolicy and UpdateReplacePolicy are what
// keeps a table when a stack lets it go. DependsOn is a text or a list. Properties are as the
// template has them, functions included.
type Resource struct {
	Type, Condition                     string
	DeletionPolicy, UpdateReplacePolicy string
	DependsOn                           any
	Properties                          map[string]any
	UpdatePolicy                        map[string]any
}

// Output is one of the template's outputs.
type Output struct {
	Condition, Description string
	Value                  any
}

// Load reads a template from a file.
func Load(path string) (Template, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Template{}, fmt.Errorf("template: %w", err)
	}
	return Parse(raw)
}

// Parse reads a template in YAML, or in JSON, which is a part of it. Beside what YAML itself
// refuses, it refuses what CloudFormation would: aliases and names that are there twice. SAM's
// packaging hides an alias (decision 0013), so that nobody else would notice before the
// deployment.
func Parse(raw []byte) (Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return Template{}, fmt.Errorf("template: %w", err)
	}
	if document.Kind != yaml.DocumentNode {
		return Template{}, errors.New("template: empty")
	}
	value, err := plain(document.Content[0])
	if err != nil {
		return Template{}, fmt.Errorf("template: %w", err)
	}
	var t Template
	return t, convert(value, &t)
}

// Decode reads a resource's properties into a structure whose members have the
// same names, as the inputs of the SDK have. A member that the structure does not have is
// ignored; one of another kind is an error. A property that is still an intrinsic function is an
// object: take [Template.Deployed] first, or leave it out of the structure.
func (r Resource) Decode(into any) error { return convert(r.Properties, into) }

// convert goes by JSON, whose decoder matches members by name.
func convert(value, into any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("template: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("template: %w", err)
	}
	return nil
}

// plain turns a YAML node into what JSON would hold. CloudFormation refuses
// aliases, and so do we. !Ref and !Condition are the two short forms whose long ones have no
// "Fn::" before them.
func plain(n *yaml.Node) (any, error) {
	value, err := untagged(n)
	if name, intrinsic := strings.CutPrefix(n.Tag, "!"); err == nil && intrinsic && !strings.HasPrefix(name, "!") {
		if name != "Ref" && name != "Condition" {
			name = "Fn::" + name
		}
		return map[string]any{name: value}, nil
	}
	return value, err
}

// untagged is the value of a node without the function that its tag may stand for.
func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, each := range n.Content {
			var err error
			if list[i], err = plain(each); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.ScalarNode:
		return scalar(n)
	default:
		return nil, fmt.Errorf("line %d: aliases are not allowed", n.Line)
	}
}

// mapping reads an object. A member that was pasted twice would otherwise win over the first one
// in silence.
func mapping(n *yaml.Node) (any, error) {
	members := map[string]any{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("line %d: %q is there twice", n.Content[i].Line, key)
		}
		value, err := plain(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		members[key] = value
	}
	return members, nil
}

// scalar keeps text that a tag of CloudFormation stands before as it is. What follows !Sub or
// !GetAtt is a text even where it looks like a number or a boolean.
func scalar(n *yaml.Node) (any, error) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Value, nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	return value, nil
}
