package telemetry_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cambodia-payouts/pkg/telemetry"
)

// attributes are the constructors of slog whose first argument is a key.
var attributes = []string{"String", "Bool", "Int", "Int64", "Uint64", "Float64", "Duration", "Time", "Any"}

// keysIn are the keys that a source file logs under.
func keysIn(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || len(call.Args) != 2 {
			return true
		}
		made, is := call.Fun.(*ast.SelectorExpr)
		if !is || !slices.Contains(attributes, made.Sel.Name) {
			return true
		}
		from, is := made.X.(*ast.Ident)
		literal, written := call.Args[0].(*ast.BasicLit)
		if is && written && from.Name == "slog" {
			key, _ := strconv.Unquote(literal.Value)
			keys = append(keys, key)
		}
		return true
	})
	return keys
}

// A key that is not on the list hides its value from the person who needs it: an audit line
// that says "[not logged]" tells nobody what was ordered.
func TestEveryKeyThatIsLoggedUnderIsListed(t *testing.T) {
	found := 0
	for _, root := range []string{"../../pkg", "../../functions"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			if package_ := filepath.Base(filepath.Dir(path)); package_ == "telemetry" || package_ == "sandbox" || package_ == "sim" {
				return nil // the list itself, and what runs on nobody's account
			}
			for _, key := range keysIn(t, path) {
				var out bytes.Buffer
				telemetry.NewLogger(&out, slog.LevelInfo).Info("m", key, "value")
				if found++; !strings.Contains(out.String(), `"value"`) {
					t.Errorf("%s logs under %q: %s", path, key, strings.TrimSpace(out.String()))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 20 {
		t.Errorf("only %d keys were found: the test says nothing", found)
	}
}
