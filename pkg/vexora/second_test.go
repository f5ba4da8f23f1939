package vexora_test

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sort"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// This is a second implementation of the canonical text, written from Vexora's pages
// alone. It is slow and plain, and shares nothing with the package.

// member is one member that was drawn: its name, its JSON, and what is signed of it.
type member struct{ name, json, text string }

// pageText joins name=value by name, without what is empty, and without sign.
func pageText(all []member) string {
	var pairs []string
	byName := map[string]string{}
	for _, m := range all {
		byName[m.name] = m.text
	}
	var names []string
	for name := range byName {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if byName[name] != "" && name != "sign" {
			pairs = append(pairs, name+"="+byName[name])
		}
	}
	return strings.Join(pairs, "")
}

// agree compares both implementations on one notification.
func agree(t *testing.T, r *rand.Rand) {
	t.Helper()
	var all []member
	seen := map[string]bool{}
	spelled := r.IntN(2) == 0 // as the Java sample would write null
	fields := map[string]string{}
	for range 1 + r.IntN(12) {
		name := []string{"amount", "tradeNo", "status", "platFormTradeNo", "message", "remark", "timestamp", "Z", "a", "a1", "a=b", "ក", "_", "-"}[r.IntN(14)]
		if seen[name] {
			continue
		}
		seen[name] = true
		m := member{name: name}
		switch text := []string{"", " ", "50000.00", "a=1b=2", "ប្រាក់ \"ខែ\"", "2026-05-16 15:10:05"}[r.IntN(6)]; r.IntN(4) {
		case 0:
			m.json = "null"
			if m.text = ""; spelled {
				m.text = "null"
			}
		case 1:
			m.json = []string{"50000.00", "3.0000", "true", "false", "1778919000000"}[r.IntN(5)]
			m.text = m.json
		default:
			encoded, _ := json.Marshal(text)
			m.json, m.text = string(encoded), text
		}
		all = append(all, m)
		fields[m.name] = m.text
	}
	if got, want := vexora.Canonical(fields), pageText(all); got != want {
		t.Fatalf("%v\nours:   %s\ntheirs: %s", all, got, want)
	}
	secret := []string{rielSecret, dollarSecret}[r.IntN(2)]
	body := func(extra string) string {
		var parts []string
		for _, m := range all {
			name, _ := json.Marshal(m.name)
			parts = append(parts, string(name)+":"+m.json)
		}
		sign := fmt.Sprintf(`"sign":"%x"`, md5.Sum([]byte(pageText(all)+secret)))
		return "{" + strings.Join(append(parts, sign), ",") + extra + "}"
	}
	if err := verdict(t, body("")); errors.Is(err, payout.ErrCallbackSignature) || errors.Is(err, payout.ErrCallbackMalformed) {
		t.Fatalf("%s: %v", body(""), err)
	}
	if err := verdict(t, body(`,"forged":"x"`)); !errors.Is(err, payout.ErrCallbackSignature) {
		t.Fatalf("believed %s: %v", body(`,"forged":"x"`), err)
	}
}

func verdict(t *testing.T, body string) error {
	t.Helper()
	_, err := vexora.NewVerifier(testKeys(t, "https://api.example.com"), clock).Verify(context.Background(), []byte(body))
	return err
}

func TestASecondImplementationSignsTheSame(t *testing.T) {
	for seed := range uint64(10_000) {
		agree(t, rand.New(rand.NewPCG(seed, 2026)))
	}
}

func FuzzASecondImplementationSignsTheSame(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) { agree(t, rand.New(rand.NewPCG(a, b))) })
}
