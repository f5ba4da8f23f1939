package monetix_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
)

// This is a second implementation of the canonical text, written from Monetix' pages alone
// ("Signature generation and verification", and what its libraries do differently). It is
// slow and plain, and shares nothing with the package.

// node is a JSON value that was drawn: an object, an array or a scalar.
type node struct {
	names  []string // of an object
	inner  []node
	kind   byte // '{', '[' or that of a scalar: s n b 0
	scalar string
}

func (n node) json() string {
	var parts []string
	for i, inner := range n.inner {
		if n.kind == '{' {
			name, _ := json.Marshal(n.names[i])
			parts = append(parts, string(name)+":"+inner.json())
		} else {
			parts = append(parts, inner.json())
		}
	}
	switch n.kind {
	case '{':
		return "{" + strings.Join(parts, ",") + "}"
	case '[':
		return "[" + strings.Join(parts, ",") + "]"
	case 's':
		text, _ := json.Marshal(n.scalar)
		return string(text)
	}
	return n.scalar
}

// pageLine is one line as the page describes it.
type pageLine struct{ path, value string }

func (l pageLine) String() string { return l.path + ":" + l.value }

// library is what Monetix' libraries do differently.
type library struct {
	order    string // lines, paths or natural
	inArrays bool   // signs "signature" inside arrays
	php      bool   // writes 1.50 as 1.5
}

var zeros = regexp.MustCompile(`^(-?\d+)(?:\.0*|(\.\d*[1-9])0*)$`)

func (l library) lines(n node, path []string, inArray bool) []pageLine {
	var all []pageLine
	for i, inner := range n.inner {
		name := fmt.Sprint(i)
		if n.kind == '{' {
			name = n.names[i]
			if name == "frame_mode" || name == "signature" && !(l.inArrays && inArray) {
				continue
			}
		}
		all = append(all, l.lines(inner, append(slices.Clone(path), name), inArray || n.kind == '[')...)
	}
	value := n.scalar
	switch {
	case n.kind == '{' || n.kind == '[':
		return all
	case n.kind == 'n':
		value = ""
	case n.scalar == "true" && n.kind == 'b':
		value = "1"
	case n.kind == 'b':
		value = "0"
	case n.kind == '0' && l.php:
		value = zeros.ReplaceAllString(value, "$1$2")
	}
	return []pageLine{{strings.Join(path, ":"), value}}
}

var tokens = regexp.MustCompile(`[0-9]+|(?s:.)`)

// naturally compares as PHP's strnatcmp does on these paths.
func naturally(a, b string) int {
	x, y := tokens.FindAllString(a, -1), tokens.FindAllString(b, -1)
	for i := range min(len(x), len(y)) {
		p, first := new(big.Int).SetString(x[i], 10)
		q, second := new(big.Int).SetString(y[i], 10)
		if first && second {
			if c := p.Cmp(q); c != 0 {
				return c
			}
		} else if c := strings.Compare(x[i], y[i]); c != 0 {
			return c
		}
	}
	return len(x) - len(y)
}

func (l library) text(tree node) string {
	all := l.lines(tree, nil, false)
	slices.SortStableFunc(all, func(a, b pageLine) int {
		switch l.order {
		case "paths":
			return strings.Compare(a.path, b.path)
		case "natural":
			return naturally(a.path, b.path)
		}
		return strings.Compare(a.String(), b.String())
	})
	var lines []string
	for _, each := range all {
		lines = append(lines, each.String())
	}
	return strings.Join(lines, ";")
}

func (l library) sign(tree node, secret string) string {
	mac := hmac.New(sha512.New, []byte(secret))
	mac.Write([]byte(l.text(tree)))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// libraries are all that could have signed.
func libraries() []library {
	var all []library
	for _, order := range []string{"lines", "natural", "paths"} {
		for _, inArrays := range []bool{false, true} {
			for _, php := range []bool{false, true} {
				all = append(all, library{order, inArrays, php})
			}
		}
	}
	return all
}

// drawTree draws an object with the members in which libraries differ.
func drawTree(r *rand.Rand, deep int) node {
	n := node{kind: '{'}
	for range r.IntN(6) {
		name := []string{"a", "ab", "a1", "a-d", "b:c", "payment", "signature", "frame_mode", "10", "9", "09", "x2y", "x10y", "ក", "_"}[r.IntN(15)]
		if !slices.Contains(n.names, name) {
			n.names, n.inner = append(n.names, name), append(n.inner, drawNode(r, deep))
		}
	}
	return n
}

func drawNode(r *rand.Rand, deep int) node {
	switch kind := r.IntN(9); {
	case kind < 2 && deep > 0:
		return drawTree(r, deep-1)
	case kind < 4 && deep > 0:
		n := node{kind: '['}
		for range []int{0, 1, 3, 12}[r.IntN(4)] {
			n.inner = append(n.inner, drawNode(r, deep-1))
		}
		return n
	}
	return []node{
		{kind: 'n', scalar: "null"}, {kind: 'b', scalar: "true"}, {kind: 'b', scalar: "false"},
		{kind: '0', scalar: "9007199254740993"}, {kind: '0', scalar: "1.50"}, {kind: '0', scalar: "2.0"}, {kind: '0', scalar: "0.00"},
		{kind: 's'}, {kind: 's', scalar: "true"}, {kind: 's', scalar: "x;a:1"}, {kind: 's', scalar: "ប្រាក់ \"ខែ\" \n"}, {kind: 's', scalar: "2026-05-16T15:10:05+0000"},
	}[r.IntN(12)]
}

// agree compares both implementations on one tree.
func agree(t *testing.T, r *rand.Rand) {
	t.Helper()
	tree := drawTree(r, 3)
	body := tree.json()
	if got, want := monetix.Canonical(parse(t, body)), (library{order: "lines"}).text(tree); got != want {
		t.Fatalf("%s\nours:   %s\ntheirs: %s", body, got, want)
	}
	l := libraries()[r.IntN(len(libraries()))]
	signature := l.sign(tree, testSecret)
	if i := slices.Index(tree.names, "signature"); i >= 0 {
		tree.names, tree.inner = slices.Delete(tree.names, i, i+1), slices.Delete(tree.inner, i, i+1)
	}
	signed := node{kind: '{', names: append(tree.names, "signature"), inner: append(tree.inner, node{kind: 's', scalar: signature})}
	if err := verdict(t, signed.json()); errors.Is(err, payout.ErrCallbackSignature) || errors.Is(err, payout.ErrCallbackMalformed) {
		t.Fatalf("%+v signed %s: %v", l, signed.json(), err)
	}
	forged := bytes.Replace([]byte(signed.json()), []byte(`{`), []byte(`{"forged":1.5,`), 1)
	if err := verdict(t, string(forged)); !errors.Is(err, payout.ErrCallbackSignature) {
		t.Fatalf("believed %s: %v", forged, err)
	}
}

func verdict(t *testing.T, body string) error {
	t.Helper()
	_, err := monetix.NewVerifier(testKeys(t, "https://gate.example.com"), monetix.DefaultSettings(), clock).Verify(context.Background(), []byte(body))
	return err
}

func TestASecondImplementationSignsTheSame(t *testing.T) {
	seeds := uint64(10_000)
	if racing {
		seeds = 1000
	}
	for seed := range seeds {
		agree(t, rand.New(rand.NewPCG(seed, 2026)))
	}
}

func FuzzASecondImplementationSignsTheSame(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { agree(t, rand.New(rand.NewPCG(a, b))) })
}
