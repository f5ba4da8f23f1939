package bank

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
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
			Bank{"canadia", "Canadia Bank", VexoraRoute{"0010", false, VexoraThirdParty}, MonetixRoute{84692, true, MonetixDocsCopy}},
		},
		{
			"a code is confirmed and switched on",
			`{"aba": {"vexora_code": "0001", "vexora_enabled": true}}`, "aba",
			Bank{"aba", "ABA Bank", VexoraRoute{"0001", true, MerchantSettings}, MonetixRoute{60891, true, MonetixPage}},
		},
		{
			"a code is corrected and stays off",
			`{"amk": {"vexora_code": "0126"}}`, "amk",
			Bank{"amk", "AMK Microfinance", VexoraRoute{"0126", false, MerchantSettings}, MonetixRoute{84642, false, MonetixDocsCopy}},
		},
		{
			"a bank of the page is switched off",
			`{"wing": {"monetix_enabled": false}}`, "wing",
			Bank{"wing", "Wing Bank", VexoraRoute{"0002", false, VexoraThirdParty}, MonetixRoute{61021, false, MonetixPage}},
		},
		{
			"a bank is added",
			`{"new-bank": {"name": "ធនាគារថ្មី", "monetix_id": 99999, "monetix_enabled": true}}`, "new-bank",
			Bank{"new-bank", "ធនាគារថ្មី", VexoraRoute{}, MonetixRoute{99999, true, MerchantSettings}},
		},
		{
			"a name is changed",
			`{"dgb": {"name": "iM Bank"}}`, "dgb",
			Bank{"dgb", "iM Bank", VexoraRoute{"0042", false, VexoraThirdParty}, MonetixRoute{84392, false, MonetixDocsCopy}},
		},
		{
			"an enabled id may equal one that is off",
			`{"new-bank": {"name": "New", "monetix_id": 84982, "monetix_enabled": true}}`, "new-bank",
			Bank{"new-bank", "New", VexoraRoute{}, MonetixRoute{84982, true, MerchantSettings}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := defaultDirectory(t)
			after, err := before.With(overrides(t, tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if b, ok := after.Lookup(tt.slug); !ok || b != tt.want {
				t.Errorf("got %+v", b)
			}
			unchanged := defaultDirectory(t)
			for _, b := range before.All() {
				if same, _ := unchanged.Lookup(b.Slug); b != same {
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
		{"an empty code", `{"canadia": {"vexora_code": ""}}`, "code is empty"},
		{"an id of zero", `{"aba": {"monetix_id": 0}}`, "id is zero"},
		{"a negative id", `{"aba": {"monetix_id": -1}}`, "negative"},
		{"a route without an id", `{"aeon": {"monetix_enabled": true}}`, "without an id"},
		{"a route without a code", `{"prince": {"vexora_enabled": true}}`, "without a code"},
		{"a new bank without a name", `{"fresh": {"vexora_code": "0099"}}`, "a name of"},
		{"a name with a line break", `{"aba": {"name": "A\nB"}}`, "printable"},
		{"a name without end", `{"aba": {"name": "` + strings.Repeat("x", maxName+1) + `"}}`, "a name of"},
		{"a slug with capitals", `{"Fresh": {"name": "Fresh"}}`, "a slug is"},
		{"a slug of one letter", `{"x": {"name": "X"}}`, "a slug is"},
		{"one enabled id for two banks", `{"canadia": {"monetix_id": 60891, "monetix_enabled": true}}`, `"aba" and "canadia" are both enabled with Monetix id 60891`},
		{"one enabled code for two banks", `{"amret": {"vexora_enabled": true}, "canadia": {"vexora_code": "0016", "vexora_enabled": true}}`, `"amret" and "canadia" are both enabled with Vexora code 0016`},
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
		`"aba": the Vexora code "1"`, `"aba": the Monetix id is zero`, `"aba": Monetix cannot be enabled without an id`,
		`"prince": Vexora cannot`, `"Bad Slug": a slug is`, `"Bad Slug": a name`, `"Bad Slug": Monetix cannot`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in: %v", want, err)
		}
	}
}

func TestTheEmptyDirectoryCanBeFilled(t *testing.T) {
	d, err := Directory{}.With(overrides(t, `{"aba": {"name": "ABA Bank", "monetix_id": 60891, "monetix_enabled": true}}`))
	if b, ok := d.Lookup("aba"); err != nil || !ok || b.Monetix.ID != 60891 {
		t.Errorf("%+v, %v", b, err)
	}
}
