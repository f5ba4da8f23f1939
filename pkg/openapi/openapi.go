package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// Answer is a kind of answer: what a route answers with which status, and for problems with
// which code. It is as fine as a client can tell: a code is what a program branches on, so each
// of them is looked for by itself.
type Answer struct {
	Method, Route string
	Status        int
	Code          string // of a problem, else empty
}

// String is how a missing answer is named in the output of a test, and by what a list of them is
// sorted.
func (a Answer) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %d %s", a.Method, a.Route, a.Status, a.Code))
}

// Document is an OpenAPI 3.1 document. Tests that run side by side may share one: what was seen
// by any of them counts.
type Document struct {
	root     map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	seen    map[Answer]bool
}

// address is what the document is called within its schemas. Schemas refer to each other within
// one document, so the address is never fetched; it only has to be one.
const address = "file:///openapi.yaml"

// Read reads a document from a file of YAML. Formats are asserted, which JSON Schema does not do
// by itself: a date that is no date would otherwise pass as text. An error says that the file
// cannot be read, or is no object.
func Read(path string) (*Document, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	var tree any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	encoded, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	root, is := plain.(map[string]any)
	if !is {
		return nil, errors.New("openapi: the document is no object")
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(address, plain); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	return &Document{root: root, compiler: compiler, schemas: map[string]*jsonschema.Schema{}, seen: map[Answer]bool{}}, nil
}

// CheckAnswer returns what is wrong with an answer to a request. The path has no query. It is nil
// if the answer is described by route, status, type of content and schema, and then counts as
// seen, see [Document.Unseen].
//
// 404 and 405 of paths and methods that are not documented have to be problems as well, as the
// contract says of both everywhere. CSV has no schema.
func (d *Document) CheckAnswer(method, path string, status int, contentType, body string) error {
	route, operation := d.operation(method, path)
	if operation == "" || status == 405 {
		if status != 404 && status != 405 {
			return fmt.Errorf("%s %s is not documented", method, path)
		}
		return d.check("/components/schemas/Problem", body)
	}
	response := d.resolve(operation + "/responses/" + strconv.Itoa(status))
	if d.at(response) == nil {
		return fmt.Errorf("%s %s: an answer with status %d is not documented", method, route, status)
	}
	kind, _, _ := strings.Cut(contentType, ";")
	media := response + "/content/" + escape(kind)
	if d.at(media) == nil {
		return fmt.Errorf("%s %s %d: an answer of the type %q is not documented", method, route, status, kind)
	}
	if kind != "text/csv" {
		if err := d.check(media+"/schema", body); err != nil {
			return fmt.Errorf("%s %s %d: %w", method, route, status, err)
		}
	}
	var problem struct{ Code string }
	if status >= 400 {
		_ = json.Unmarshal([]byte(body), &problem)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen[Answer{method, route, status, problem.Code}] = true
	return nil
}

// CheckRequest returns what is wrong with the body of a request. It is for examples, and for
// requests of the tests themselves: whoever copies one must not get a 400.
func (d *Document) CheckRequest(method, path, body string) error {
	_, operation := d.operation(method, path)
	return d.check(d.resolve(operation+"/requestBody")+"/content/application~1json/schema", body)
}

// CheckSchema returns what is wrong with a value that should be of a named schema. It holds words
// of the code (statuses, reasons, providers) against the description's lists.
func (d *Document) CheckSchema(name, body string) error {
	return d.check("/components/schemas/"+name, body)
}

// check validates a JSON text by the schema at a pointer. A schema is compiled once: hundreds of
// answers are held against a few dozen of them.
func (d *Document) check(pointer, body string) error {
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.schemas[pointer]
	if schema == nil {
		if schema, err = d.compiler.Compile(address + "#" + pointer); err != nil {
			return err
		}
		d.schemas[pointer] = schema
	}
	return schema.Validate(value)
}

// Examples are the documented bodies of requests, by method and route and the example's name. The
// keys are method, route as documented, and name.
func (d *Document) Examples() map[[3]string]string {
	all := map[[3]string]string{}
	for route, operations := range object(d.root["paths"]) {
		for method := range object(operations) {
			operation := pointerTo(route, method)
			examples := d.at(d.resolve(operation+"/requestBody") + "/content/application~1json/examples")
			for name, example := range object(examples) {
				encoded, _ := json.Marshal(object(example)["value"])
				all[[3]string{strings.ToUpper(method), route, name}] = string(encoded)
			}
		}
	}
	return all
}

// Unseen lists the answers that are documented and that nothing which was checked had. A
// description that promises what nobody gives is as wrong as one that leaves something out, and
// no single test would notice. So whoever runs all tests of the functions asks for this at the
// end.
func (d *Document) Unseen() []Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	var unseen []Answer
	for route, operations := range object(d.root["paths"]) {
		for method, operation := range object(operations) {
			for status := range object(object(operation)["responses"]) {
				response := d.resolve(pointerTo(route, method) + "/responses/" + status)
				number, _ := strconv.Atoi(status)
				for _, code := range d.codes(response) {
					if a := (Answer{strings.ToUpper(method), route, number, code}); !d.seen[a] {
						unseen = append(unseen, a)
					}
				}
			}
		}
	}
	slices.SortFunc(unseen, func(a, b Answer) int { return strings.Compare(a.String(), b.String()) })
	return unseen
}

// codes are those that a response may have, or one empty code if it is no problem. They stand in
// a part of an allOf, beside what all problems have in common.
func (d *Document) codes(response string) []string {
	problem := object(object(d.at(response + "/content/application~1problem+json"))["schema"])
	parts, _ := problem["allOf"].([]any)
	var codes []string
	for _, part := range parts {
		listed, _ := object(object(object(part)["properties"])["code"])["enum"].([]any)
		for _, code := range listed {
			codes = append(codes, fmt.Sprint(code))
		}
	}
	if problem == nil {
		return []string{""}
	}
	return codes
}

// operation finds the documented route of a path, and the pointer to what it does. Both are empty
// if there is none.
func (d *Document) operation(method, path string) (route, operation string) {
	for route := range object(d.root["paths"]) {
		if pointer := pointerTo(route, strings.ToLower(method)); matches(route, path) && d.at(pointer) != nil {
			return route, pointer
		}
	}
	return "", ""
}

// matches reports whether a path is of a route, whose parts in braces stand for anything.
func matches(route, path string) bool {
	want, got := strings.Split(route, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// resolve is the pointer behind a reference, or the pointer itself. One step is enough: what
// components refer to within schemas, the compiler of schemas follows.
func (d *Document) resolve(pointer string) string {
	if to, is := object(d.at(pointer))["$ref"].(string); is {
		return strings.TrimPrefix(to, "#")
	}
	return pointer
}

// at is the value at a JSON pointer (RFC 6901), nil if there is none.
func (d *Document) at(pointer string) any {
	var value any = d.root
	for _, token := range strings.Split(pointer, "/")[1:] {
		value = object(value)[unescape.Replace(token)]
	}
	return value
}

// object is the value as an object, nil if it is none: a path through what is not there ends in
// nil and not in a panic.
func object(value any) map[string]any {
	members, _ := value.(map[string]any)
	return members
}

// pointerTo is the pointer to an operation. The route's slashes are escaped, since they are part
// of one name.
func pointerTo(route, method string) string { return "/paths/" + escape(route) + "/" + method }

func escape(token string) string { return escapes.Replace(token) }

// How a JSON pointer writes what stands between its tokens (RFC 6901).
var (
	escapes  = strings.NewReplacer("~", "~0", "/", "~1")
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
)
