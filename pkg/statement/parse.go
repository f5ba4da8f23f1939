package statement

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Rows is the most rows of one file; a longer one has to be split, since one
// import has to end within one invocation.
const Rows = 5000

// mostColumns and mostProblems bound what a file that is no statement may cost.
const (
	mostColumns  = 200
	mostRow      = 8 << 10 // bytes; what a history keeps of a body
	mostProblems = 100
)

// Problem is one thing that is wrong with a file. Line counts from 1; 0 means the
// file as a whole.
type Problem struct {
	Line    int
	Message string
}

// Unreadable is the error of a file that cannot be imported, with every problem.
type Unreadable struct{ Problems []Problem }

// Error implements error.
func (u *Unreadable) Error() string {
	return fmt.Sprintf("statement: %d problems, the first in line %d: %s", len(u.Problems), u.Problems[0].Line, u.Problems[0].Message)
}

// byteOrderMark is what spreadsheets put before UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

// Parse reads a whole file. A row whose amount cannot be read is kept, without an
// amount: it names a payout, and somebody has to look at it. Everything else that
// is wrong refuses the file, since a file that is cut off or shifted by a column
// would settle the wrong payouts.
func Parse(file []byte, m Mapping) ([]payout.StatementRow, error) {
	file = bytes.TrimPrefix(file, byteOrderMark)
	if !utf8.Valid(file) {
		return nil, &Unreadable{[]Problem{{0, "the file is not UTF-8"}}}
	}
	comma := m.delimiter(file)
	if line := tooWide(file, comma); line > 0 {
		return nil, &Unreadable{[]Problem{{line, fmt.Sprintf("more than %d columns, or more than %d bytes in a row", mostColumns, mostRow)}}}
	}
	reader := csv.NewReader(bytes.NewReader(file))
	reader.Comma = comma
	header, err := reader.Read()
	if err != nil {
		return nil, &Unreadable{[]Problem{{1, "the file has no header line"}}}
	}
	layout, problems := m.layout(header)
	if len(problems) > 0 {
		return nil, &Unreadable{problems}
	}
	return layout.rows(reader, m)
}

// tooWide is the first line of the first row that is larger than any statement's, delimiters
// in quotes counted; 0 for none. Reading such a row would cost a hundred times its length. A
// row goes on after a line break in quotes, so quotes are counted over its lines.
func tooWide(file []byte, delimiter rune) int {
	number, begun := 0, 1
	delimiters, size, quotes := 0, 0, 0
	for line := range bytes.Lines(file) {
		number++
		delimiters += bytes.Count(line, []byte(string(delimiter)))
		quotes += bytes.Count(line, []byte(`"`))
		if size += len(line); delimiters >= mostColumns || size > mostRow {
			return begun
		}
		if quotes%2 == 0 {
			begun, delimiters, size, quotes = number+1, 0, 0, 0
		}
	}
	return 0
}

// delimiter is the one that the mapping names, or the commonest in the header.
func (m Mapping) delimiter(file []byte) rune {
	if m.Delimiter != "" {
		r, _ := utf8.DecodeRuneInString(m.Delimiter)
		return r
	}
	header, _, _ := bytes.Cut(file, []byte("\n"))
	best := ','
	for _, candidate := range ";\t" {
		if bytes.Count(header, []byte(string(candidate))) > bytes.Count(header, []byte(string(best))) {
			best = candidate
		}
	}
	return best
}

// layout is where each column stands; -1 means that the file has none.
type layout struct{ reference, providerID, amount, currency, status, code, message int }

// layout finds the columns by their names. Two columns of one name are refused: either could be the
// one that is meant.
func (m Mapping) layout(header []string) (layout, []Problem) {
	var problems []Problem
	at := map[string]int{}
	for i, name := range header {
		key := strings.ToLower(strings.TrimSpace(name))
		if _, twice := at[key]; twice {
			problems = append(problems, Problem{1, fmt.Sprintf("column %q is there twice", payout.Printable(name))})
		}
		at[key] = i
	}
	find := func(name string, required bool) int {
		if i, found := at[strings.ToLower(name)]; found && name != "" {
			return i
		}
		if required {
			problems = append(problems, Problem{1, fmt.Sprintf("there is no column %q; see the statement mapping in PROVIDER_SETTINGS", name)})
		}
		return -1
	}
	l := layout{
		reference: find(m.Columns.Reference, true), amount: find(m.Columns.Amount, true),
		status:     find(m.Columns.Status, true),
		currency:   find(m.Columns.Currency, m.Currency == ""),
		providerID: find(m.Columns.ProviderID, false), code: find(m.Columns.Code, false),
		message: find(m.Columns.Message, false),
	}
	return l, problems
}

func (l layout) rows(reader *csv.Reader, m Mapping) ([]payout.StatementRow, error) {
	var rows []payout.StatementRow
	var problems []Problem
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			problems = append(problems, Problem{wrong.Line, wrong.Err.Error()})
			if !errors.Is(wrong.Err, csv.ErrFieldCount) || len(problems) == mostProblems {
				break // after a broken quote, nothing that follows means anything
			}
			continue
		}
		line, _ := reader.FieldPos(0)
		if len(rows) == Rows {
			problems = append(problems, Problem{line, fmt.Sprintf("more than %d rows; split the file", Rows)})
			break
		}
		rows = append(rows, l.row(record, line, m))
	}
	if len(rows) == 0 && len(problems) == 0 {
		problems = []Problem{{0, "the file has no rows"}}
	}
	if len(problems) > 0 {
		return nil, &Unreadable{problems}
	}
	return rows, nil
}

// row reads one row. Texts of it that are shown are cleaned here, before anything is kept.
func (l layout) row(record []string, line int, m Mapping) payout.StatementRow {
	field := func(i int) string {
		if i < 0 {
			return ""
		}
		return strings.TrimSpace(record[i])
	}
	row := payout.StatementRow{
		Line: line, Reference: field(l.reference), ProviderID: payout.Printable(field(l.providerID)),
		Amount: m.amount(field(l.amount), field(l.currency)), Zero: m.zero(field(l.amount), field(l.currency)), Finding: m.finding(field(l.status)),
		Code: payout.Printable(field(l.code)), Message: payout.Printable(field(l.message)),
	}
	amount, currency := field(l.amount), field(l.currency)
	switch {
	case row.Zero:
		amount, currency = "0.00", string(m.currency(currency))
	case row.Amount.IsZero(): // it settles nothing, and may be any text
		amount, currency = unreadable, unreadable
	}
	row.Raw = kept(field(l.reference), field(l.providerID), amount, currency, field(l.status), field(l.code))
	if row.Code == "" || row.Finding == payout.FoundUnlisted { // the word is what has to go into the mapping
		row.Code = payout.Printable(field(l.status))
	}
	return row
}

// mostDigits is as many as documented codes have. A number that tells whose it is has more.
const mostDigits = 5

// kept is what a payout keeps of a row, and what its hash is made of: the columns that the
// mapping names, always in this order, as one line of CSV. Whoever may read the payout sees the
// hash. With an account number in the line, six digits would be tried out in no time; so other
// columns are left out, and the message too: banks quote numbers in it in more spellings than
// anybody lists. Nothing is decided by it, and whoever sent the file has it.
func kept(reference, providerID, amount, currency, status, code string) []byte {
	var line bytes.Buffer
	w := csv.NewWriter(&line)
	_ = w.Write([]string{reference, providerID, amount, currency, short(status), short(code)}) // a buffer takes everything
	w.Flush()
	return bytes.TrimSuffix(line.Bytes(), []byte("\n"))
}

// short is a word or a code, unless it has the digits of a longer number, however they are set
// apart and in whatever script.
func short(said string) string {
	digits := 0
	for _, r := range said {
		if unicode.IsNumber(r) {
			digits++
		}
	}
	if digits > mostDigits {
		return unreadable
	}
	return said
}

// unreadable stands for what is not kept of a line.
const unreadable = "unreadable"

// grouped is a number whose thousands are set apart by commas. A comma anywhere
// else may be somebody's decimal point, and the number is then not read at all.
var grouped = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$`)

// amount reads an amount; the zero amount means that it cannot be read.
func (m Mapping) amount(text, currency string) money.Amount {
	c := m.currency(currency)
	read := money.ParseExact
	if m.Unit == Minor {
		read = money.ParseMinor
	} else if grouped.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	amount, err := read(text, c)
	if err != nil {
		return money.Amount{}
	}
	return amount
}

// currency is the one that a line names, or else that of the mapping.
func (m Mapping) currency(named string) money.Currency {
	if named == "" {
		return m.Currency
	}
	return money.Currency(strings.ToUpper(named))
}

// nothing is the text of zero. money takes no zero amounts, so that it has to be told from what
// cannot be read.
var nothing = regexp.MustCompile(`^0+(\.0+)?$`)

// zero reports whether a line states that nothing moved, which is no amount of a payout.
func (m Mapping) zero(text, currency string) bool {
	_, err := money.ParseCurrency(string(m.currency(currency)))
	pointed := m.Unit == Minor && strings.Contains(text, ".") // those have no point
	return err == nil && !pointed && nothing.MatchString(text)
}

// finding translates a word; one that is not in the mapping settles nothing.
func (m Mapping) finding(word string) payout.Finding {
	for known, finding := range m.Statuses {
		if strings.EqualFold(known, word) {
			return finding
		}
	}
	return payout.FoundUnlisted
}
