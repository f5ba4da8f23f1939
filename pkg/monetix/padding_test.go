package monetix_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestACallbackThatIsSwollenOutsideItsSignatureIsMarked(t *testing.T) {
	genuine := about{status: "success", code: "0"}.callback(t, example(t))
	with := func(members string) string { return strings.TrimSuffix(genuine, "}") + members + "}" }
	var empty strings.Builder
	for n := range 2000 {
		fmt.Fprintf(&empty, `,"m%d":{"n":[]}`, n)
	}
	for name, test := range map[string]struct {
		body   string
		padded bool
	}{
		"as it came":                  {genuine, false},
		"a frame mode":                {with(`,"frame_mode":"popup"`), false},
		"one member on a line":        {strings.ReplaceAll(genuine, ",", ",\n            "), false},
		"a long frame mode":           {with(`,"frame_mode":"` + strings.Repeat("x", 20_000) + `"`), true},
		"a frame mode that is a tree": {with(`,"frame_mode":{"a":["` + strings.Repeat("x", 20_000) + `"]}`), true},
		"thousands of empty objects":  {with(empty.String()), true},
		"an empty one of a long name": {with(`,"` + strings.Repeat("x", 20_000) + `":{}`), true},
		"blanks":                      {with(strings.Repeat(" ", 20_000)), true},
	} {
		c, err := verify(t, test.body)
		if err != nil || c.Padded != test.padded || string(c.Raw) != test.body {
			t.Errorf("%s: padded %v, %v", name, c.Padded, err)
		}
	}
}
