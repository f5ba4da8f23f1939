package jsontree

import (
	"strings"
	"testing"
)

func TestTheLengthOfWhatIsVouchedForDoesNotGrowWithPadding(t *testing.T) {
	passOver := func(m Member) bool { return m.Name == "frame_mode" }
	plain := parse(t, `{"a":"12345","b":{"c":[1,2]}}`).Length(passOver)
	if plain < len(`{"a":"12345","b":{"c":[1,2]}}`) {
		t.Errorf("%d", plain)
	}
	for _, text := range []string{
		`{"a" : "12345", "b": {"c":` + strings.Repeat(" ", 50_000) + `[1,2]}}`,
		`{"a":"12345","b":{"c":[1,2]},"frame_mode":"` + strings.Repeat("x", 50_000) + `"}`,
		`{"a":"12345","b":{"c":[1,2],"frame_mode":{"x":1}},"` + strings.Repeat("y", 50_000) + `":{"z":[{},[]]}}`,
		`{"a":"\u0031\u0032\u0033\u0034\u0035","b":{"c":[1,2]}}`,
	} {
		if got := parse(t, text).Length(passOver); got != plain {
			t.Errorf("%.60s: %d, want %d", text, got, plain)
		}
	}
}
