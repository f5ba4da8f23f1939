package vexora_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// A signature vouches for a text in which 50000 and "50000", true and "true", or null and
// nothing (perhaps "null") are the same. Whoever has one genuine notification may choose.

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// spell writes a text as any scalar that may be signed as it; "" is none at all.
func spell(r *rand.Rand, text string) string {
	quoted, _ := json.Marshal(text)
	all := []string{string(quoted)}
	switch {
	case jsonNumber.MatchString(text), text == "true", text == "false", text == "null":
		all = append(all, text)
	case text == "":
		all = append(all, "null", "")
	}
	return all[r.IntN(len(all))]
}

// leaves draws the members of a notification.
func leaves(r *rand.Rand) map[string]string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	all := map[string]string{"tradeNo": one("T", "7", "true", "null")}
	for _, m := range [][2]string{
		{"platFormTradeNo", one("VX1", "1", "1.50", "null", "false", "")}, {"amount", one("50000", "50000.00", "5e4", "null", "true", "")},
		{"status", one("0000", "0015", "00029", "29", "0", "null", "true", "")}, {"message", one("m", "1", "null", "")},
		{"remark", one("May", "1", "1.0", "null", "false", "")}, {"timestamp", one("1778919005000", "null", "")},
	} {
		if r.IntN(6) > 0 {
			all[m[0]] = m[1]
		}
	}
	return all
}

// said is everything that a claim says, apart from its bytes.
func said(c payout.Claim) string {
	description := "none"
	if c.Description != nil {
		description = *c.Description
	}
	return fmt.Sprintf("%s: %s %s %s of %s, %v, %q, suspect %q, doubtful %v, %s %q",
		c.Key(), c.Finding, c.Failure, c.Code, c.ProviderID, c.Amounts, description, c.Suspect, c.Doubtful, c.Reference, c.Message)
}

// respell compares a genuine notification with a copy that may have the same signed text. It
// reports whether the copy was believed.
func respell(t *testing.T, r *rand.Rand) bool {
	t.Helper()
	all := leaves(r)
	written := func(spelled func(string) string) string {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if token := spelled(all[name]); token != "" {
				parts = append(parts, fmt.Sprintf("%q:%s", name, token))
			}
		}
		return "{" + strings.Join(parts, ",")
	}
	signature := fmt.Sprintf(`,"sign":%q}`, vexora.Sign(all, secrets.New(rielSecret)))
	plain := written(func(text string) string { quoted, _ := json.Marshal(text); return string(quoted) }) + signature
	genuine, err := verify(t, plain)
	if err != nil || genuine.Ambiguous != "" {
		t.Fatalf("%s: %v, ambiguous %q", plain, err, genuine.Ambiguous)
	}
	copied := written(func(text string) string { return spell(r, text) }) + signature
	c, err := verify(t, copied)
	if err != nil || c.Ambiguous != "" {
		return false
	}
	if said(c) != said(genuine) {
		t.Fatalf("one signed text says two things\n%s\n%s\n\n%s\n%s", plain, said(genuine), copied, said(c))
	}
	return true
}

func TestOneSignedTextSaysOneThing(t *testing.T) {
	believed := 0
	for seed := range uint64(10_000) {
		if respell(t, rand.New(rand.NewPCG(seed, 29))) {
			believed++
		}
	}
	if believed < 1000 {
		t.Errorf("only %d copies were believed: the test says nothing", believed)
	}
}

func FuzzOneSignedTextSaysOneThing(f *testing.F) {
	f.Add(uint64(0), uint64(29))
	f.Fuzz(func(t *testing.T, a, b uint64) { respell(t, rand.New(rand.NewPCG(a, b))) })
}
