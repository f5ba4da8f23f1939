package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Deployed is the template as a deployment with these parameters has it, on top of the
// defaults: what a false condition leaves out is gone, every Fn::If is decided, and references
// to parameters are values. References to resources and to AWS' own parameters stay. The template
// itself is not changed. An error means that it has something which is not evaluated here (a
// function that conditions do not use so far): to guess would let a test pass for a stack that
// nobody deploys.
//
// Tests ask this form whether a role names a right, or a function a variable, in a stack with
// certain parameters: in the template alone both branches of an Fn::If stand side by side.
func (t Template) Deployed(parameters map[string]string) (Template, error) {
	d := decider{template: t, values: t.defaults(parameters)}
	out := Template{
		Parameters: t.Parameters, Conditions: t.Conditions, Rules: t.Rules, Resources: map[string]Resource{}, Outputs: map[string]Output{},
	}
	out.Globals, _ = d.value(t.Globals).(map[string]any)
	for name, r := range t.Resources {
		if !d.holds(r.Condition) {
			continue
		}
		r.Properties, _ = d.value(r.Properties).(map[string]any)
		out.Resources[name] = r
	}
	for name, o := range t.Outputs {
		if d.holds(o.Condition) {
			o.Value = d.value(o.Value)
			out.Outputs[name] = o
		}
	}
	return out, d.err
}

// Broken lists the assertions of the template's rules that these parameters break, in their
// own words: CloudFormation refuses the deployment. The rules are what keeps half of a restore
// from being deployed (decision 0023), so tests hold them to it by their sentences, which are all
// that the person who deploys will see. The order is that of the rules' names.
func (t Template) Broken(parameters map[string]string) ([]string, error) {
	d := decider{template: t, values: t.defaults(parameters)}
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(t.Rules)) {
		rule := t.Rules[name]
		if rule.RuleCondition != nil && !d.truth(rule.RuleCondition) {
			continue
		}
		for _, a := range rule.Assertions {
			if !d.truth(a.Assert) {
				broken = append(broken, a.AssertDescription)
			}
		}
	}
	return broken, d.err
}

// defaults are the values of all parameters: those that are given, on top of the template's own.
// A parameter without a default that is not given has no value, and whatever compares it is an
// error.
func (t Template) defaults(parameters map[string]string) map[string]string {
	values := map[string]string{}
	for name, p := range t.Parameters {
		if p.Default != nil {
			values[name] = fmt.Sprint(p.Default)
		}
	}
	maps.Copy(values, parameters)
	return values
}

// decider evaluates what CloudFormation evaluates before it makes anything. It keeps the first
// thing that it does not know, rather than to guess. It knows the functions that the template
// uses and no others.
type decider struct {
	template Template
	values   map[string]string
	err      error
}

// fail keeps the first error: later ones are most often its consequence.
func (d *decider) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("template: "+format, args...)
	}
}

// holds evaluates a condition by its name; none holds.
func (d *decider) holds(name string) bool {
	if name == "" {
		return true
	}
	condition, there := d.template.Conditions[name]
	if !there {
		d.fail("no condition %q", name)
	}
	return there && d.truth(condition)
}

// truth evaluates one of the functions that conditions and rules are made of.
func (d *decider) truth(value any) bool {
	function, argument := single(value)
	list, _ := argument.([]any)
	switch function {
	case "Condition":
		return d.holds(fmt.Sprint(argument))
	case "Fn::Equals":
		if len(list) == 2 {
			return d.text(list[0]) == d.text(list[1])
		}
	case "Fn::Not":
		if len(list) == 1 {
			return !d.truth(list[0])
		}
	case "Fn::And":
		return !slices.ContainsFunc(list, func(v any) bool { return !d.truth(v) })
	case "Fn::Or":
		return slices.ContainsFunc(list, d.truth)
	}
	d.fail("cannot decide %v", value)
	return false
}

// text is what Fn::Equals compares: text, a parameter, or a joined list. A list parameter is
// given as one text with commas, which is what a join of it compares.
func (d *decider) text(value any) string {
	function, argument := single(value)
	switch {
	case function == "Ref":
		if v, there := d.values[fmt.Sprint(argument)]; there {
			return v
		}
	case function == "Fn::Join":
		if parts, ok := argument.([]any); ok && len(parts) == 2 {
			return d.text(parts[1])
		}
	case function == "":
		return fmt.Sprint(value)
	}
	d.fail("cannot read %v", value)
	return ""
}

// absent stands for AWS::NoValue until its member or its place in a list is dropped. It is a type
// of its own since nil is a value that a template may have.
type absent struct{}

// value decides everything within a value.
func (d *decider) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return d.object(v)
	case []any:
		list := []any{}
		for _, each := range v {
			if each = d.value(each); each != (any)(absent{}) {
				list = append(list, each)
			}
		}
		return list
	}
	return v
}

// object decides a function, or each member of an ordinary object. A function that it does not
// know stays as it is, with everything within it decided: Fn::GetAtt and the like speak of
// resources, which exist only after the deployment. Of an Fn::Sub with variables of its own (two
// arguments) only those are decided.
func (d *decider) object(v map[string]any) any {
	function, argument := single(v)
	list, _ := argument.([]any)
	switch {
	case function == "Ref" && argument == "AWS::NoValue":
		return absent{}
	case function == "Ref":
		if value, there := d.values[fmt.Sprint(argument)]; there {
			return value
		}
	case function == "Fn::If" && len(list) == 3:
		if d.holds(fmt.Sprint(list[0])) {
			return d.value(list[1])
		}
		return d.value(list[2])
	case function == "Fn::Sub" && len(list) != 2:
		return map[string]any{function: d.substitute(fmt.Sprint(argument))}
	}
	members := map[string]any{}
	for name, member := range v {
		if member = d.value(member); member != (any)(absent{}) {
			members[name] = member
		}
	}
	return members
}

// substitute puts parameters into the text of an Fn::Sub. What names a resource or an attribute
// (${Table.Arn}) is no parameter and stays.
func (d *decider) substitute(text string) string {
	for name, value := range d.values {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	return text
}

// single takes an intrinsic function apart; the name is empty for everything else. An object with
// one member of another name is data: a policy with one statement, say.
func single(value any) (string, any) {
	members, _ := value.(map[string]any)
	if len(members) != 1 {
		return "", nil
	}
	for name, argument := range members {
		if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
			return name, argument
		}
	}
	return "", nil
}
