package edge

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// formulaStarts are the characters by which some spreadsheet takes a cell for a formula,
// full-width and small forms included. The apostrophe is among them so that a reader can
// tell ours from those of the text.
const formulaStarts = "=+-@|%＝＋－＠﹦﹢﹣﹫−\t\r\n'"

// Sheet writes rows as CSV for a spreadsheet: every cell in quotes, and none of them a
// formula. The rule of the apostrophes has an inverse, in docs/operating.md, for programs that read
// a sheet back.
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
	// A blank stands for the start of the cell: it is neither letter nor digit.
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

// csv writes the lines for a spreadsheet, and behind them what stands over all of them: rows of
// the kind "summary", with a name and a value in the last two columns.
func (v reportView) csv() string {
	rows := [][]string{{
		"kind", "line", "payout_id", "reference", "provider_id", "our_status", "our_amount",
		"their_status", "their_amount", "currency", "callback_heard", "our_provider_id", "outdated", "summary", "value",
	}}
	for _, l := range v.Lines {
		rows = append(rows, []string{
			string(l.Kind), strconv.Itoa(l.Line), string(l.PayoutID), string(l.Reference), l.ProviderID, string(l.Ours),
			l.OurAmount, l.Theirs, l.TheirAmount, l.Currency, strconv.FormatBool(l.CallbackHeard), l.OurProviderID, strconv.FormatBool(l.Outdated), "", "",
		})
	}
	for _, named := range v.summary() {
		row := make([]string, len(rows[0]))
		row[0], row[len(row)-2], row[len(row)-1] = "summary", named[0], named[1]
		rows = append(rows, row)
	}
	return Sheet(rows)
}

// noDays stands for days that were left out: a report without the kind missing would look as if
// nothing were missing.
const noDays = "not given, so nothing was looked for that the file misses"

// summary is what a report says over all lines, by the names that it has in JSON.
func (v reportView) summary() [][2]string {
	people := make([]string, len(v.People))
	for i, person := range v.People {
		people[i] = string(person)
	}
	all := [][2]string{
		{"provider", string(v.Provider)}, {"statement", v.Name}, {"from", cmp.Or(v.From, noDays)}, {"to", cmp.Or(v.To, noDays)},
		{"awaiting", strconv.FormatBool(v.Awaiting)}, {"pending", strconv.Itoa(v.Pending)}, {"outdated", strconv.Itoa(v.Outdated)},
		{"people", strings.Join(people, "; ")}, {"matched_without_callback", strconv.Itoa(v.Unheard)}, {"lines_cut", strconv.Itoa(v.LinesCut)},
	}
	for _, kind := range slices.Sorted(maps.Keys(v.Counts)) {
		all = append(all, [2]string{"counts " + string(kind), strconv.Itoa(v.Counts[kind])})
	}
	return all
}
