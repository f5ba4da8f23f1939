package bank

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
)

// overrides reads the "banks" object of PROVIDER_SETTINGS.
func overrides(t *testing.T, text string) map[Slug]Override {
	t.Helper()
	var o map[Slug]Override
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestWithChangesOnlyWhatIsWritten(t *testing.T) {
	tests := []struct {
		name string
		text string
		slug Slug
		want Bank
	}{
		{
			"a listed route is switched on",
			`{"canadia": {"monetix_enabled": true}}`, "canadia",
			Bank{"canadia", "Canadia Bank", map[payout.Provider]Route{"vexora": {"0010", false, vexoraThirdParty}, "monetix": {"84692", true, monetixDocsCopy}}},
		},
		{
			"a code is confirmed and switched on",
			`{"aba": {"vexora_code": "0001", "vexora_enabled": true}}`, "aba",
			Bank{"aba", "ABA Bank", map[payout.Provider]Route{"vexora": {"0001", true, MerchantSettings}, "monetix": {"60891", true, monetixPage}}},
		},
		{
			"a code is corrected and stays off",
			`{"amk": {"vexora_code": "0126"}}`, "amk",
			Bank{"amk", "AMK Microfinance", map[payout.Provider]Route{"vexora": {"0126", false, MerchantSettings}, "monetix": {"84642", false, monetixDocsCopy}}},
		},
		{
			"a bank of the page is switched off",
			`{"wing": {"monetix_enabled": false}}`, "wing",
			Bank{"wing", "Wing Bank", map[payout.Provider]Route{"vexora": {"0002", false, vexoraThirdParty}, "monetix": {"61021", false, monetixPage}}},
		},
		{
			"a bank is added",
			`{"new-bank": {"name": "ធនាគារថ្មី", "monetix_id": 99999, "monetix_enabled": true}}`, "new-bank",
			Bank{"new-bank", "ធនាគារថ្មី", map[payout.Provider]Route{"monetix": {"99999", true, MerchantSettings}}},
		},
		{
			"a name is changed",
			`{"dgb": {"name": "iM Bank"}}`, "dgb",
			Bank{"dgb", "iM Bank", map[payout.Provider]Route{"vexora": {"0042", false, vexoraThirdParty}, "monetix": {"84392", false, monetixDocsCopy}}},
		},
		{
			"an enabled id may equal one that is off",
			`{"new-bank": {"name": "New", "monetix_id": 84982, "monetix_enabled": true}}`, "new-bank",
			Bank{"new-bank", "New", map[payout.Provider]Route{"monetix": {"84982", true, MerchantSettings}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := defaultDirectory(t)
			after, err := before.With(overrides(t, tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if b, ok := after.Lookup(tt.slug); !ok || !reflect.DeepEqual(b, tt.want) {
				t.Errorf("got %+v", b)
			}
			unchanged := defaultDirectory(t)
			for _, b := range before.All() {
				if same, _ := unchanged.Lookup(b.Slug); !reflect.DeepEqual(b, same) {
					t.Errorf("the receiver changed: %+v", b)
				}
			}
		})
	}
}

func TestWithoutOverridesNothingChanges(t *testing.T) {
	d := defaultDirectory(t)
	same, err := d.With(nil)
	if err != nil || len(same.All()) != len(d.All()) {
		t.Errorf("%d banks, %v", len(same.All()), err)
	}
}

func TestWithRefuses(t *testing.T) {
	tests := []struct {
		name string
		text string
		want string
	}{
		{"a code of three digits", `{"aba": {"vexora_code": "001"}}`, "not four digits"},
		{"a code with a letter", `{"aba": {"vexora_code": "000A"}}`, "not four digits"},
		{"Khmer digits", `{"aba": {"vexora_code": "០០០១"}}`, "not four digits"},
		{"an empty code", `{"canadia": {"vexora_code": ""}}`, "vexora_code is empty"},
		{"an id of zero", `{"aba": {"monetix_id": 0}}`, "monetix_id is empty"},
		{"a negative id", `{"aba": {"monetix_id": -1}}`, "not a whole number"},
		{"a route without an id", `{"aeon": {"monetix_enabled": true}}`, "needs monetix_id"},
		{"a route without a code", `{"prince": {"vexora_enabled": true}}`, "needs vexora_code"},
		{"a new bank without a name", `{"fresh": {"vexora_code": "0099"}}`, "a name of"},
		{"a name with a line break", `{"aba": {"name": "A\nB"}}`, "printable"},
		{"a name without end", `{"aba": {"name": "` + strings.Repeat("x", maxName+1) + `"}}`, "a name of"},
		{"a slug with capitals", `{"Fresh": {"name": "Fresh"}}`, "a slug is"},
		{"a slug of one letter", `{"x": {"name": "X"}}`, "a slug is"},
		{"a code as a number", `{"aba": {"vexora_code": 1}}`, "vexora_code must be text"},
		{"an id as text", `{"aba": {"monetix_id": "60891"}}`, "monetix_id must be a number"},
		{"an id that is no number", `{"aba": {"monetix_id": true}}`, "not a whole number"},
		{"enabled by a word", `{"aba": {"monetix_enabled": "yes"}}`, "monetix_enabled must be true or false"},
		{"a name that is no text", `{"aba": {"name": 7}}`, "the name is no text"},
		{"a member that nobody knows", `{"aba": {"monetix_code": 1}}`, "a member is none of"},
		{"one enabled id for two banks", `{"canadia": {"monetix_id": 60891, "monetix_enabled": true}}`, `"aba" and "canadia" are both enabled with monetix_id 60891`},
		{"one enabled code for two banks", `{"amret": {"vexora_enabled": true}, "canadia": {"vexora_code": "0016", "vexora_enabled": true}}`, `"amret" and "canadia" are both enabled with vexora_code 0016`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := defaultDirectory(t).With(overrides(t, tt.text))
			if !errors.Is(err, ErrDirectory) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
			if len(d.All()) != 0 {
				t.Error("an error came with a directory")
			}
		})
	}
}

func TestWithReportsEveryFaultAtOnce(t *testing.T) {
	_, err := defaultDirectory(t).With(overrides(t, `{
		"aba": {"vexora_code": "1", "monetix_id": 0},
		"prince": {"vexora_enabled": true},
		"Bad Slug": {"monetix_enabled": true}
	}`))
	for _, want := range []string{
		`"aba": vexora_code is "1" and not four digits`, `"aba": monetix_id is empty`,
		`"prince": vexora_enabled needs`, `"Bad Slug": a slug is`, `"Bad Slug": a name`, `"Bad Slug": monetix_enabled needs`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestTheEmptyDirectoryCanBeFilled(t *testing.T) {
	d, err := Directory{codes: codes}.With(overrides(t, `{"aba": {"name": "ABA Bank", "monetix_id": 60891, "monetix_enabled": true}}`))
	if b, ok := d.Lookup("aba"); err != nil || !ok || b.Routes["monetix"].Code != "60891" {
		t.Errorf("%+v, %v", b, err)
	}
}
