// Package pkg_test guards the shape of the tree: which room may know which.
package pkg_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "cambodia-payouts/"

// rooms lists every package under pkg and which of the others it may import.
// Arrows point inwards to payout; a new arrow needs a reason and a line here.
var rooms = map[string][]string{
	"money":    {},
	"payout":   {"money"},
	"jsontree": {},
	"bank":     {"payout"},
	"secrets":  {},
	"people":   {"payout", "jsontree", "secrets"},
	"oneshot":  {},
	"provider": {"money", "payout", "bank", "secrets", "oneshot", "statement"},
	"vexora":   {"money", "payout", "jsontree", "bank", "secrets", "oneshot", "statement", "provider"},
	"monetix":  {"money", "payout", "jsontree", "bank", "secrets", "oneshot", "statement", "provider"},
	"trial":    {"money", "payout", "jsontree", "bank", "secrets", "oneshot", "statement", "provider"}, // behind a build tag
	"wire": { // assembly without AWS
		"money", "payout", "bank", "secrets", "oneshot", "provider", "statement", "edge", "loglimit", "telemetry", "webhook", "people",
		"vexora", "monetix", "trial",
	},
	"cursor":     {"payout"},
	"dynamo":     {"money", "payout", "cursor"},
	"localstore": {"money", "payout", "cursor"},
	"memstore":   {"money", "payout", "cursor"},
	"storetest":  {"money", "payout"},
	"statement":  {"money", "payout"},
	"loglimit":   {},
	"edge":       {"money", "payout", "jsontree", "bank", "statement", "loglimit"},
	"telemetry":  {"payout", "loglimit"},
	"webhook":    {"payout", "secrets"},
	"receiver":   {}, // the merchant's side
	"template":   {},
	"gate":       {}, // judges functions by what they answer
	"openapi":    {}, // holds answers against their description
	"boot":       {"money", "payout", "secrets", "provider", "wire", "dynamo", "edge", "telemetry"},
	"sim": {
		"money", "payout", "secrets", "oneshot", "vexora", "monetix", "trial", "wire", "edge", "telemetry", "statement", "memstore",
		"sandbox", // its signatures, which share nothing with the connectors
	},
	"sandbox": {}, // the sandbox shares nothing with the code that it tests
}

// outside lists what a room may import beyond the standard library, by module.
var outside = map[string][]string{
	"money": {}, "bank": {}, "telemetry": {}, "sandbox": {}, "oneshot": {}, "storetest": {}, "memstore": {}, "cursor": {},
	"vexora": {}, "monetix": {}, "trial": {}, "provider": {}, "wire": {}, "statement": {}, "loglimit": {},
	"jsontree":   {"github.com/go-json-experiment/json"},
	"openapi":    {"github.com/santhosh-tekuri/jsonschema/v6", "go.yaml.in/yaml/v3"},
	"secrets":    {"golang.org/x/sync"},
	"people":     {"golang.org/x/text/unicode/norm"},
	"payout":     {"golang.org/x/text/unicode/norm"}, // which spellings are one text is data of Unicode's; it does no I/O
	"localstore": {"go.etcd.io/bbolt"},
	"webhook":    {"code.dny.dev/ssrf", "github.com/standard-webhooks/standard-webhooks/libraries/go"},
	"receiver":   {"github.com/standard-webhooks/standard-webhooks/libraries/go"},
	"template":   {"go.yaml.in/yaml"},
	"gate":       {"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2", "go.yaml.in/yaml"},
	"dynamo":     {"github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go", "golang.org/x/sync"},
	"edge":       {"github.com/aws/aws-lambda-go"},
	"sim":        {"github.com/aws/aws-lambda-go"},
	"boot": {
		"github.com/aws/aws-lambda-go", "github.com/aws/aws-sdk-go-v2",
		"github.com/caarlos0/env", "github.com/go-json-experiment/json",
	},
}

// imports reads what the files of a folder import, tests left out.
func imports(t *testing.T, folder string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			found[filepath.Base(name)] = append(found[filepath.Base(name)], path)
		}
	}
	return found
}

func TestEveryRoomImportsOnlyWhatItMay(t *testing.T) {
	for room := range rooms {
		for file, paths := range imports(t, room) {
			for _, path := range paths {
				if !allowed(room, path) {
					t.Errorf("pkg/%s/%s imports %s", room, file, path)
				}
			}
		}
	}
}

func allowed(room, path string) bool {
	if inner, ours := strings.CutPrefix(path, module+"pkg/"); ours {
		return slices.Contains(rooms[room], inner)
	}
	host, _, _ := strings.Cut(path, "/")
	if !strings.Contains(host, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(outside[room], func(m string) bool { return strings.HasPrefix(path, m) })
}

func TestOnlyTheClientOfAProviderSpeaksHTTP(t *testing.T) {
	for _, room := range []string{"vexora", "monetix", "payout", "dynamo", "money"} {
		for file, paths := range imports(t, room) {
			if slices.Contains(paths, "net/http") && file != "client.go" {
				t.Errorf("pkg/%s/%s imports net/http", room, file)
			}
		}
	}
}

func TestEveryRoomIsInTheTableAndSaysWhatItIsFor(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() {
			found = append(found, e.Name())
			if _, err := os.Stat(filepath.Join(e.Name(), "doc.go")); err != nil {
				t.Errorf("pkg/%s has no doc.go", e.Name())
			}
		}
	}
	if want := slices.Sorted(maps.Keys(rooms)); !slices.Equal(found, want) {
		t.Errorf("rooms are %v, the table has %v", found, want)
	}
}

// Whoever looks for a line finds the room in the README.
func TestEveryRoomIsInTheReadme(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(raw), "\n| Room | What lives there |\n")
	for room := range rooms {
		if !strings.Contains(table, "`pkg/"+room+"`") {
			t.Errorf("pkg/%s is not in the table of rooms", room)
		}
	}
}

func TestCommandsOnlyWire(t *testing.T) {
	for _, folder := range []string{"create-payout", "get-payout", "vexora-callback", "monetix-callback", "reconcile-payouts", "operate-payout", "notify-merchant", "gate-traffic"} {
		allowed := []string{"pkg/boot", "pkg/wire", "pkg/edge", "pkg/gate"}
		if provider, callbacks := strings.CutSuffix(folder, "-callback"); callbacks {
			allowed = []string{"pkg/boot", "pkg/" + provider}
		}
		for file, paths := range imports(t, filepath.Join("..", "functions", folder)) {
			for _, path := range paths {
				if strings.HasPrefix(path, module) && !slices.Contains(allowed, strings.TrimPrefix(path, module)) {
					t.Errorf("functions/%s/%s imports %s", folder, file, path)
				}
			}
		}
	}
}

// TestNoFloatsNearMoney keeps binary fractions out of every file that is not a
// test: the compiler would not.
func TestNoFloatsNearMoney(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, word := range []string{"float32", "float64", "ParseFloat", "math/big"} {
			if strings.Contains(string(source), word) {
				t.Errorf("%s mentions %s", path, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEventsAreJSON keeps the sample events loadable by the SAM tools.
func TestEventsAreJSON(t *testing.T) {
	files, err := filepath.Glob("../events/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no events: %v", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil || !json.Valid(raw) {
			t.Errorf("%s is not JSON (%v)", name, err)
		}
	}
}
