package vexora_test

import (
	"fmt"
	"strings"
	"testing"
)

// escaped writes every letter of a text as an escape.
func escaped(text string) string {
	var all strings.Builder
	for _, r := range text {
		fmt.Fprintf(&all, `\u%04x`, r)
	}
	return all.String()
}

func TestANotificationThatIsSwollenOutsideItsSignatureIsMarked(t *testing.T) {
	genuine := notification(t, "0000")
	with := func(members string) string { return strings.TrimSuffix(genuine, "}") + members + "}" }
	var empty strings.Builder
	for n := range 3000 {
		fmt.Fprintf(&empty, `,"m%d":""`, n)
	}
	for name, test := range map[string]struct {
		body   string
		padded bool
	}{
		"as it came":             {genuine, false},
		"members without values": {with(`,"extend":"","bankCode":null,"channel":"","fee":"","reason":""`), false},
		"one member on a line":   {strings.ReplaceAll(genuine, ",", ",\n        "), false},
		"escaped, as PHP writes": {strings.ReplaceAll(genuine, "SUCCESS", escaped("SUCCESS")), false},
		"thousands of them":      {with(empty.String()), true},
		"one of a long name":     {with(`,"` + strings.Repeat("x", 20_000) + `":""`), true},
		"blanks":                 {with(strings.Repeat(" ", 20_000)), true},
		"leading blanks":         {strings.Repeat("\n", 20_000) + genuine, true},
	} {
		c, err := verify(t, test.body)
		if err != nil || c.Padded != test.padded || string(c.Raw) != test.body {
			t.Errorf("%s: padded %v, %v", name, c.Padded, err)
		}
	}
}
