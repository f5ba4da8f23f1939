package edge

import (
	"strings"
	"unicode"
)

// formulaStarts are the characters by which some spreadsheet takes a cell for a formula,
// full-width and small forms included. The apostrophe is among them so that a reader can
// tell ours from those of the text.
const formulaStarts = "=+-@|%＝＋－＠﹦﹢﹣﹫−\t\r\n'"

// Sheet writes rows as CSV for a spreadsheet: every cell in quotes, and none of them a
// formula.
func Sheet(rows [][]string) string {
	var out strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteByte('"')
			out.WriteString(strings.ReplaceAll(inert(cell), `"`, `""`))
			out.WriteByte('"')
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// inert puts an apostrophe before whatever could begin a formula: at the start of the
// cell, and behind everything but letters and digits. A program that splits the file at
// another character than the comma does not know our quotes, and each of its cells begins
// behind that character.
func inert(cell string) string {
	var out strings.Builder
	before := ' '
	for _, r := range cell {
		if !unicode.IsLetter(before) && !unicode.IsDigit(before) && strings.ContainsRune(formulaStarts, r) {
			out.WriteByte('\'')
		}
		out.WriteRune(r)
		before = r
	}
	return out.String()
}
