package boot

import (
	"encoding"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// unreadableVariable is the fault of one variable of the environment.
type unreadableVariable struct {
	name  string
	cause error
}

// Error implements error.
func (u unreadableVariable) Error() string { return u.name + ": " + u.cause.Error() }

// byVariable names variables where the library names fields of a configuration, which mean
// nothing to whoever sets the environment.
func byVariable(config reflect.Type, environment map[string]string, err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	variables := variablesOf(config)
	faults := slices.Clone(all.Errors)
	for i, fault := range faults {
		var unread env.ParseError
		if !errors.As(fault, &unread) {
			continue // it names the variable
		}
		at := slices.IndexFunc(variables, func(v variable) bool {
			return v.field == unread.Name && v.is == unread.Type && !v.reads(environment)
		})
		if at >= 0 {
			faults[i] = unreadableVariable{variables[at].name, unread.Err}
			variables = slices.Delete(variables, at, at+1)
		}
	}
	return errors.Join(faults...)
}

// Variables names those that a configuration reads.
func Variables(c Config) []string {
	var names []string
	for _, v := range variablesOf(reflect.TypeOf(c)) {
		names = append(names, v.name)
	}
	if linked, is := c.(interface{ variables() []string }); is {
		names = append(names, linked.variables()...)
	}
	return names
}

// variable is one that a configuration reads, and the field that it goes into.
type variable struct {
	name, field string
	is          reflect.Type
}

// variablesOf lists those of a configuration, in the order in which they are read.
func variablesOf(config reflect.Type) []variable {
	var all []variable
	for i := range config.NumField() {
		field := config.Field(i)
		options := field.Tag.Get("env")
		switch {
		case options != "":
			name, _, _ := strings.Cut(options, ",")
			all = append(all, variable{name, field.Name, field.Type})
		case field.Type.Kind() == reflect.Struct:
			all = append(all, variablesOf(field.Type)...)
		}
	}
	return all
}

// reads reports whether the variable's value cannot be what was refused. Two fields of one name
// and one type, such as the caps and the reserves, are told apart by that.
func (v variable) reads(environment map[string]string) bool {
	value := environment[v.name]
	text, is := reflect.New(v.is).Interface().(encoding.TextUnmarshaler)
	return value == "" || is && text.UnmarshalText([]byte(value)) == nil // defaults are right
}
