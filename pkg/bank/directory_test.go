package bank

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// codes are those of the providers, whose rooms import this one.
var codes = []Codes{
	{Provider: "vexora", Member: "code", Format: regexp.MustCompile(`^[0-9]{4}$`), Form: "four digits", Sources: []Source{vexoraThirdParty}},
	{Provider: "monetix", Member: "id", Number: true, Format: regexp.MustCompile(`^[1-9][0-9]{0,17}$`), Form: "a whole number", Sources: []Source{monetixPage, monetixDocsCopy}},
}

const (
	monetixPage      Source = "monetix-page"
	monetixDocsCopy  Source = "monetix-docs-copy"
	vexoraThirdParty Source = "vexora-third-party"
)

func defaultDirectory(t *testing.T) Directory {
	t.Helper()
	d, err := Default(codes...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheThreeBanksOfThemonetixPage(t *testing.T) {
	d := defaultDirectory(t)
	tests := []struct {
		slug Slug
		name string
		id   Code
	}{
		{"aba", "ABA Bank", "60891"},
		{"acleda", "ACLEDA Bank", "61011"},
		{"wing", "Wing Bank", "61021"},
	}
	for _, tt := range tests {
		b, ok := d.Lookup(tt.slug)
		want := Route{Code: tt.id, Enabled: true, Source: monetixPage}
		if !ok || b.Slug != tt.slug || b.Name != tt.name || b.Routes["monetix"] != want {
			t.Errorf("%s: %+v", tt.slug, b)
		}
		if b.Routes["vexora"].Enabled {
			t.Errorf("%s: enabled at Vexora, whose page names no bank", tt.slug)
		}
	}
}

func TestNothingElseIsEnabled(t *testing.T) {
	var enabled []Slug
	for _, b := range defaultDirectory(t).All() {
		if b.Routes["vexora"].Enabled || b.Routes["monetix"].Enabled {
			enabled = append(enabled, b.Slug)
		}
		if b.Routes["monetix"].Enabled && b.Routes["monetix"].Source != monetixPage {
			t.Errorf("%s: enabled on the word of %s", b.Slug, b.Routes["monetix"].Source)
		}
	}
	if want := []Slug{"aba", "acleda", "wing"}; !slices.Equal(enabled, want) {
		t.Errorf("enabled: %v", enabled)
	}
}

func TestTheDirectoryIsComplete(t *testing.T) {
	// Both lists without Lanton Pay: 60 codes at Vexora, 72 ids at Monetix, of which
	// 56 name one institution.
	const banks, vexora, monetix, both = 74, 59, 71, 56
	var atVexora, atMonetix, atBoth int
	all := defaultDirectory(t).All()
	for _, b := range all {
		hasCode, hasID := b.Routes["vexora"].Code != "", b.Routes["monetix"].Code != ""
		atVexora += count(hasCode)
		atMonetix += count(hasID)
		atBoth += count(hasCode && hasID)
		if !hasCode && !hasID {
			t.Errorf("%s: no provider knows it", b.Slug)
		}
	}
	if len(all) != banks || atVexora != vexora || atMonetix != monetix || atBoth != both {
		t.Errorf("%d banks, %d at Vexora, %d at Monetix, %d at both", len(all), atVexora, atMonetix, atBoth)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func TestEveryCodeAndNameBelongsToOneBank(t *testing.T) {
	atVexora, atMonetix, names := map[Code]Slug{}, map[Code]Slug{}, map[string]Slug{}
	for _, b := range defaultDirectory(t).All() {
		if first, taken := atVexora[b.Routes["vexora"].Code]; taken && b.Routes["vexora"].Code != "" {
			t.Errorf("Vexora %s: %s and %s", b.Routes["vexora"].Code, first, b.Slug)
		}
		if first, taken := atMonetix[b.Routes["monetix"].Code]; taken && b.Routes["monetix"].Code != "" {
			t.Errorf("Monetix %s: %s and %s", b.Routes["monetix"].Code, first, b.Slug)
		}
		if first, taken := names[strings.ToLower(b.Name)]; taken {
			t.Errorf("%s: %s and %s", b.Name, first, b.Slug)
		}
		atVexora[b.Routes["vexora"].Code], atMonetix[b.Routes["monetix"].Code], names[strings.ToLower(b.Name)] = b.Slug, b.Slug, b.Slug
	}
}

func TestTheLantonWalletIsNoBank(t *testing.T) {
	for _, b := range defaultDirectory(t).All() {
		lanton := strings.Contains(strings.ToLower(b.Name+string(b.Slug)), "lanton")
		if lanton || b.Routes["vexora"].Code == "0004" || b.Routes["monetix"].Code == "84872" {
			t.Errorf("%+v", b)
		}
	}
}

func TestBanksThatAreEasilyConfused(t *testing.T) {
	tests := []struct {
		slug   Slug
		vexora Code
		id     Code
	}{
		{"kb-prasac", "0015", "85002"}, // the code that is also a payout status
		{"kb-kookmin", "", "84982"},
		{"dgb", "0042", "84392"},
		{"cambodian-public", "0029", "84682"}, // its code is also a payout status
		{"cambodia-post", "0038", "84832"},
		{"cambodia-asia", "0047", "84702"},
		{"bic", "0028", "84732"},
		{"bidc", "0039", "85052"},
		{"icbc", "0035", "84912"},
		{"phillip", "0007", "84662"},
		{"phillip-cross-border", "", "84362"},
		{"maybank", "0021", "84512"},
		{"maybank-cross-border", "", "84422"},
		{"sathapana", "0005", "62391"},
		{"sathapana-cross-border", "", "84452"},
		{"acleda-settlement-hub", "", "84402"},
		{"ly-hour-pay-pro", "0013", "84552"},
		{"sbi-ly-hour", "0022", "84602"},
	}
	d := defaultDirectory(t)
	for _, tt := range tests {
		b, ok := d.Lookup(tt.slug)
		if !ok || b.Routes["vexora"].Code != tt.vexora || b.Routes["monetix"].Code != tt.id {
			t.Errorf("%s: %+v", tt.slug, b)
		}
	}
}

func TestAllIsSortedAndACopy(t *testing.T) {
	d := defaultDirectory(t)
	all := d.All()
	if !slices.IsSortedFunc(all, func(x, y Bank) int { return strings.Compare(string(x.Slug), string(y.Slug)) }) {
		t.Error("not sorted by slug")
	}
	all[0].Routes["monetix"] = Route{Code: "1"}
	if b, _ := d.Lookup(all[0].Slug); b.Routes["monetix"].Code == "1" {
		t.Error("a caller changed the directory")
	}
}

func TestLookupKnowsExactSlugsOnly(t *testing.T) {
	d := defaultDirectory(t)
	for _, slug := range []Slug{"", "ABA", "aba ", "lanton", "60891", "0001"} {
		if b, ok := d.Lookup(slug); ok {
			t.Errorf("%q is %s", slug, b.Name)
		}
	}
	if _, ok := (Directory{}).Lookup("aba"); ok {
		t.Error("the empty directory knows a bank")
	}
}

func TestBrokenDataIsRefused(t *testing.T) {
	const head = "slug,name,vexora_code,vexora_source,vexora_enabled,monetix_id,monetix_source,monetix_enabled\n"
	tests := map[string]string{
		"an empty file":               "",
		"a column that nobody reads":  "slug,name,other_code,other_source,other_enabled\naba,A,,,no",
		"a provider with two columns": "slug,name,vexora_code,vexora_enabled\naba,A,,no",
		"a column twice":              "slug,name,name\naba,A,A",
		"no slugs":                    "name\nA",
		"a missing column":            head + "aba,ABA Bank,0001,vexora-third-party,no,60891,monetix-page",
		"a slug used twice":           head + "aba,A,,,no,1,monetix-page,no\naba,B,,,no,2,monetix-page,no",
		"an id that is no number":     head + "aba,A,,,no,x1,monetix-page,no",
		"an id of zero":               head + "aba,A,,,no,0,monetix-page,no",
		"an id beyond 64 bits":        head + "aba,A,,,no,9223372036854775808,monetix-page,no",
		"a code without a source":     head + "aba,A,0001,,no,,,no",
		"a source without a code":     head + "aba,A,,vexora-third-party,no,,,no",
		"a source nobody knows":       head + "aba,A,0001,hearsay,no,,,no",
		"a source of the merchant":    head + "aba,A,0001,merchant-settings,no,,,no",
		"neither on nor off":          head + "aba,A,0001,vexora-third-party,,,,no",
		"a code that lost its zero":   head + "aba,A,1,vexora-third-party,no,,,no",
		"a code of five digits":       head + "aba,A,00015,vexora-third-party,no,,,no",
		"enabled without a code":      head + "aba,A,,,yes,,,no",
		"enabled without an id":       head + "aba,A,,,no,,,yes",
		"a capital in the slug":       head + "Aba,A,,,no,1,monetix-page,no",
		"no name":                     head + "aba,,,,no,1,monetix-page,no",
		"one enabled code for two":    head + "aa,A,0001,vexora-third-party,yes,,,no\nbb,B,0001,vexora-third-party,yes,,,no",
		"one enabled id for two":      head + "aa,A,,,no,7,monetix-page,yes\nbb,B,,,no,7,monetix-page,yes",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			banks, err := readDirectory(text, codes)
			if err == nil {
				_, err = newDirectory(banks, codes)
			}
			if !errors.Is(err, ErrDirectory) {
				t.Errorf("got %v", err)
			}
		})
	}
}
