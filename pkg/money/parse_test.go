package money

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

func TestParseReadsPlainDecimals(t *testing.T) {
	tests := []struct {
		text  string
		minor int64
	}{
		{"0.01", 1},
		{"0.1", 10},
		{"0.50", 50},
		{"1", 100},
		{"1.0", 100},
		{"12.5", 1250},
		{"12.50", 1250},
		{"0.29", 29},  // 28 when multiplied as a binary fraction
		{"1.15", 115}, // 114 likewise
		{"4.35", 435}, // 434 likewise
		{"1001.10", 100110},
		{"50000", 5_000_000}, // the Vexora disbursement page's example
		{"50000.00", 5_000_000},
		{"21474836.48", 2_147_483_648}, // one beyond 32 bits
		{"99999999999.99", maxMinor - 1},
		{"100000000000", maxMinor},
		{"100000000000.00", maxMinor},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			for _, c := range []Currency{KHR, USD} {
				a, err := Parse(tt.text, c)
				if err != nil || a.Minor() != tt.minor || a.Currency() != c {
					t.Errorf("Parse = %d %s, %v", a.Minor(), a.Currency(), err)
				}
				exact, err := ParseExact(tt.text, c)
				if err != nil || exact != a {
					t.Errorf("ParseExact = %s, %v", exact, err)
				}
			}
		})
	}
}

// refused is what neither Parse nor ParseExact may take.
var refused = []struct {
	text string
	want error
}{
	{"", ErrSyntax}, {" ", ErrSyntax}, {".", ErrSyntax}, {"..", ErrSyntax}, {"-", ErrSyntax}, {"+", ErrSyntax},
	// Signs.
	{"+1", ErrSyntax}, {"-1", ErrSyntax}, {"--1", ErrSyntax}, {"1-", ErrSyntax}, {"-0", ErrSyntax}, {"−1", ErrSyntax}, {"(1)", ErrSyntax},
	// Points where digits are missing, and too many of them.
	{"1.", ErrSyntax}, {".5", ErrSyntax}, {"1..2", ErrSyntax}, {"1.2.3", ErrSyntax}, {"1.+2", ErrSyntax}, {"1.-2", ErrSyntax}, {"1. 2", ErrSyntax},
	// Separators of thousands and other people's points: 1,000 may be one or a thousand.
	{"1,000", ErrSyntax}, {"1,5", ErrSyntax}, {"1'000", ErrSyntax}, {"1 000", ErrSyntax}, {"1_000", ErrSyntax}, {"1\u00a0000", ErrSyntax}, {"1\u202f000", ErrSyntax}, {"1·5", ErrSyntax}, {"1٫5", ErrSyntax}, {"1。5", ErrSyntax},
	// What number parsers of many languages take.
	{"1e3", ErrSyntax}, {"1E3", ErrSyntax}, {"1e-2", ErrSyntax}, {"5e0", ErrSyntax}, {"0x10", ErrSyntax}, {"0X1p4", ErrSyntax}, {"0b11", ErrSyntax}, {"0o17", ErrSyntax},
	{"NaN", ErrSyntax}, {"nan", ErrSyntax}, {"Inf", ErrSyntax}, {"-Infinity", ErrSyntax}, {"1f", ErrSyntax}, {"1d", ErrSyntax}, {"1L", ErrSyntax}, {"1/2", ErrSyntax}, {"50%", ErrSyntax}, {"true", ErrSyntax}, {"null", ErrSyntax},
	// Leading zeros.
	{"007", ErrSyntax}, {"00", ErrSyntax}, {"00.50", ErrSyntax}, {"01", ErrSyntax}, {"0100.00", ErrSyntax},
	// Digits of other scripts, Khmer first of all, and look-alikes.
	{"១២", ErrSyntax}, {"1២", ErrSyntax}, {"１２", ErrSyntax}, {"٣", ErrSyntax}, {"१", ErrSyntax}, {"𝟏", ErrSyntax}, {"²", ErrSyntax}, {"½", ErrSyntax}, {"Ⅻ", ErrSyntax}, {"O", ErrSyntax}, {"l0", ErrSyntax},
	// Blanks, controls and broken text around a number.
	{" 1", ErrSyntax}, {"1 ", ErrSyntax}, {"1\n", ErrSyntax}, {"\t1", ErrSyntax}, {"1\r\n", ErrSyntax}, {"1\x00", ErrSyntax}, {"\x001", ErrSyntax}, {"1\x00.50", ErrSyntax}, {"\ufeff1", ErrSyntax}, {"1\u200b", ErrSyntax}, {"\u202e1", ErrSyntax}, {"1\xff", ErrSyntax}, {"\xc0\xb1", ErrSyntax},
	// Currencies do not belong into the text.
	{"$1", ErrSyntax}, {"1$", ErrSyntax}, {"1៛", ErrSyntax}, {"KHR1", ErrSyntax}, {"1 USD", ErrSyntax}, {`"1"`, ErrSyntax},
	// Finer than a minor unit: refused, not rounded, however close.
	{"0.001", ErrPrecision}, {"1.005", ErrPrecision}, {"1.999", ErrPrecision}, {"12.345", ErrPrecision}, {"0.0099999999", ErrPrecision}, {"1.0000000001", ErrPrecision},
	// Nothing, and too much. 10^20 does not fit 64 bits, 184467440737095516.17 wraps to 1.
	{"0", ErrRange}, {"0.0", ErrRange}, {"0.00", ErrRange},
	{"100000000000.01", ErrRange}, {"100000000001", ErrRange}, {"999999999999.99", ErrRange}, {"1000000000000", ErrRange},
	{"92233720368547758.07", ErrRange}, {"184467440737095516.17", ErrRange}, {"100000000000000000000", ErrRange},
	{strings.Repeat("9", maxText), ErrRange}, {strings.Repeat("9", maxText+1), ErrSyntax}, {"1." + strings.Repeat("0", maxText), ErrSyntax}, {strings.Repeat("1", 1<<20), ErrSyntax},
}

func TestNothingElseIsAnAmount(t *testing.T) {
	if len(refused) < 60 {
		t.Fatalf("the table shrank to %d rows", len(refused))
	}
	parsers := map[string]func(string, Currency) (Amount, error){"Parse": Parse, "ParseExact": ParseExact}
	for name, parse := range parsers {
		for _, tt := range refused {
			a, err := parse(tt.text, USD)
			if !errors.Is(err, tt.want) || !a.IsZero() {
				t.Errorf("%s(%.40q) = %s, %v; want %v", name, tt.text, a, err, tt.want)
			}
		}
	}
}

func TestOnlyParseExactIgnoresTrailingZeros(t *testing.T) {
	tests := []struct {
		text  string
		minor int64
	}{
		{"3.0000", 300}, // spellings of Vexora's query and balance pages
		{"9998989.1200", 999_898_912},
		{"30000.000", 3_000_000},
		{"0.0100000000", 1},
		{"0.500", 50},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			a, err := ParseExact(tt.text, KHR)
			if err != nil || a.Minor() != tt.minor {
				t.Errorf("ParseExact = %d, %v", a.Minor(), err)
			}
			if _, err := Parse(tt.text, KHR); !errors.Is(err, ErrPrecision) {
				t.Errorf("Parse: %v", err)
			}
		})
	}
	if _, err := ParseExact("3.0010", KHR); !errors.Is(err, ErrPrecision) {
		t.Errorf("a third digit that counts: %v", err)
	}
}

func TestAnUnknownCurrencyIsRefusedBeforeTheText(t *testing.T) {
	for _, parse := range []func(string, Currency) (Amount, error){Parse, ParseExact} {
		if _, err := parse("1.00", "EUR"); !errors.Is(err, ErrCurrency) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := Parse(text, KHR)
		if err != nil {
			if !a.IsZero() {
				t.Fatalf("Parse(%q) = %s with %v", text, a, err)
			}
			return
		}
		if again, err := Parse(a.String(), KHR); err != nil || again != a {
			t.Fatalf("%q became %s became %s, %v", text, a, again, err)
		}
		if exact, err := ParseExact(text, KHR); err != nil || exact != a {
			t.Fatalf("ParseExact(%q) = %s, %v; Parse gave %s", text, exact, err, a)
		}
	})
}

// FuzzParseExact compares with rational numbers: whatever is a decimal number in
// range and has no third digit that counts is taken, at exactly its value.
func FuzzParseExact(f *testing.F) {
	seedTexts(f)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseExact(text, USD)
		minor, plain := inMinorUnits(text)
		inRange := plain && minor.Sign() > 0 && minor.Cmp(new(big.Rat).SetInt64(maxMinor)) <= 0
		want := inRange && minor.IsInt()
		if (err == nil) != want {
			t.Fatalf("ParseExact(%q): %v, by rational numbers %v %v", text, err, plain, minor)
		}
		if want && minor.Cmp(new(big.Rat).SetInt64(a.Minor())) != 0 {
			t.Fatalf("ParseExact(%q) = %d, by rational numbers %v", text, a.Minor(), minor)
		}
		if inRange && !want && !errors.Is(err, ErrPrecision) {
			t.Fatalf("ParseExact(%q): %v, want %v", text, err, ErrPrecision)
		}
	})
}

// inMinorUnits reads a plain decimal with its own eyes and big.Rat's arithmetic.
func inMinorUnits(text string) (*big.Rat, bool) {
	whole, fraction, pointed := strings.Cut(text, ".")
	plain := strings.Trim(whole+fraction, "0123456789") == "" && whole != "" && pointed == (fraction != "")
	plain = plain && len(text) <= maxText && (whole == "0" || whole[0] != '0')
	if !plain {
		return nil, false
	}
	value, ok := new(big.Rat).SetString(text)
	return value.Mul(value, big.NewRat(100, 1)), ok
}

func seedTexts(f *testing.F) {
	for _, tt := range refused {
		if len(tt.text) < 200 {
			f.Add(tt.text)
		}
	}
	for _, text := range []string{"0.01", "1", "50000", "12.50", "3.0000", "100000000000.00", "99999999999.990"} {
		f.Add(text)
	}
}

func TestMinorUnitsAreDigitsAlone(t *testing.T) {
	a, err := ParseMinor("6000000000", KHR)
	if err != nil || a.String() != "60000000.00" {
		t.Errorf("%s, %v", a, err)
	}
	for text, want := range map[string]error{
		"": ErrSyntax, "-1": ErrSyntax, "1.0": ErrSyntax, "1e3": ErrSyntax, "៥": ErrSyntax,
		"0": ErrRange, "10000000000001": ErrRange, "99999999999999999999": ErrRange,
	} {
		if _, err := ParseMinor(text, KHR); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ParseMinor("1", "EUR"); !errors.Is(err, ErrCurrency) {
		t.Errorf("%v", err)
	}
}

func TestBalances(t *testing.T) {
	for text, want := range map[string]int64{
		"9998989.1200": 999_898_912, "0": 0, "0.0000": 0, "-5": -500, "-0.001": -1, "-0.1000": -10,
		"0.009": 0, "9999999999999999.99": 999_999_999_999_999_999,
	} {
		if got, err := ParseBalance(text, KHR); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-", "1e5", "--1", "+1", ".5", "1.", "01", "10000000000000000", "১"} {
		if got, err := ParseBalance(text, KHR); err == nil {
			t.Errorf("%q is read as %d", text, got)
		}
	}
	if _, err := ParseBalance("1", "THB"); !errors.Is(err, ErrCurrency) {
		t.Error(err)
	}
}
