package payout

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Providers write free text beside their codes, and quote in it whom they could not pay.
// Whoever may read a payout sees numbers masked to their last four, so that these texts are
// masked too, where they are shown. What the provider sent stays in the evidence, which is a
// right of its own.

const (
	maskText = "****"
	// leastQuoted is how many characters in a row of a number tell whose it is. Fewer stand in
	// amounts, codes and dates by chance.
	leastQuoted = 5
	// leastInCode is the same of a code. Those that are documented have five digits at most.
	leastInCode = 6
	// shownDigits is how many characters at the end of a number are shown.
	shownDigits = 4
	// leastHead is how many at a number's beginning do, where no others are hidden.
	leastHead = 3
	// leastName is the least length of a part of a name.
	leastName = 2
)

// Mask hides in texts what tells who is paid: the numbers of an account and a phone, names,
// an e-mail address.
type Mask struct {
	anybody bool     // nobody knows whom; see [MaskAny]
	numbers [][]rune // their letters and digits alone
	names   [][]rune
	emails  [][]rune // their letters and digits alone
}

// Mask is that of the payout's recipient.
func (p Payout) Mask() Mask {
	var m Mask
	if !p.RedactedAt.IsZero() {
		return m // nothing of what others wrote is left
	}
	if p.Status == Orphan {
		return Mask{anybody: true}
	}
	d, b := p.Destination, p.Beneficiary
	phone, _ := LocalPhone(b.Phone)
	for _, number := range []string{d.AccountNumber, d.AccountID, phone} {
		if bare := bareNumber(number); len(bare.runes) >= leastQuoted-1 {
			m.numbers = append(m.numbers, bare.runes)
		}
	}
	m.names = append(names(b.FirstName, b.LastName), names(plainText(b.FirstName), plainText(b.LastName))...)
	m.emails = [][]rune{bareNumber(b.Email).runes, bareNumber(plainText(b.Email)).runes}
	return m
}

// names are the parts of a name, and its first ones in a row.
func names(firstName, lastName string) [][]rune {
	first, last := words(folded(firstName)), words(folded(lastName))
	all := slices.Concat(first, last)
	if len(first)*len(last) > 0 {
		all = append(all, slices.Concat(first[0], last[0]), slices.Concat(last[0], first[0]))
	}
	return slices.DeleteFunc(all, func(name []rune) bool { return len(name) < leastName })
}

// Text is the text with what it quotes of the recipient hidden: of a number at most the last
// four characters stay, of everything else nothing. How a number is set apart, in which
// digits it is written, in which markup, and the case of letters make no difference.
func (m Mask) Text(text string) string {
	return m.text(text, len(text) > messageLimit-shownDigits)
}

// text does so for a text that was clipped, or was not.
func (m Mask) text(text string, clipped bool) string {
	runes := []rune(text)
	hidden := make([]bool, len(runes))
	for _, as := range m.readings(text) {
		for i, quoted := range m.hidden(as.runes, clipped) {
			if quoted {
				hide(hidden[as.from[i]:as.to[i]])
			}
		}
	}
	return render(runes, hidden)
}

// hidden says which characters of a text without markup are hidden.
func (m Mask) hidden(runes []rune, clipped bool) []bool {
	if m.anybody {
		return hiddenOfAnybody(runes)
	}
	hidden := make([]bool, len(runes))
	bare := bareNumber(string(runes))
	for _, number := range m.numbers {
		bare.hide(number, hidden, clipped)
	}
	for _, email := range m.emails {
		bare.hideWhole(email, hidden)
	}
	low := folded(string(runes))
	for _, name := range m.names {
		hideName(low, name, hidden)
	}
	return hidden
}

// quotes reports whether a code holds a name of the recipient, or a number: as a whole, or more
// of it in a row than codes have digits.
func (m Mask) quotes(code string) bool {
	return slices.ContainsFunc(m.readings(code), func(as reading) bool { return m.quotesAs(string(as.runes)) })
}

func (m Mask) quotesAs(code string) bool {
	bare := bareNumber(code).runes
	quoted := func(number []rune) bool {
		least := min(len(number), leastInCode)
		for i := range bare {
			for j := range number {
				if least >= leastQuoted && common(bare[i:], number[j:]) >= least {
					return true
				}
			}
		}
		return false
	}
	hidden := make([]bool, len([]rune(code)))
	for _, name := range m.names {
		hideName(folded(code), name, hidden)
	}
	return slices.ContainsFunc(m.numbers, quoted) || slices.Contains(hidden, true)
}

// bareText is the letters and digits of a text, and where in it each stands.
type bareText struct {
	runes []rune
	at    []int
}

func bareNumber(text string) bareText {
	var b bareText
	for at, r := range []rune(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.runes, b.at = append(b.runes, plainDigit(unicode.ToLower(r))), append(b.at, at)
		}
	}
	return b
}

// plainDigit writes a digit of any script, Khmer's among them, as an ASCII one.
func plainDigit(r rune) rune {
	if r < unicode.MaxASCII || !unicode.IsDigit(r) {
		return r
	}
	for _, digits := range unicode.Nd.R16 {
		if lo, hi := rune(digits.Lo), rune(digits.Hi); lo <= r && r <= hi {
			return '0' + (r-lo)%10 // Unicode keeps the ten of a script together
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if lo, hi := rune(digits.Lo), rune(digits.Hi); lo <= r && r <= hi {
			return '0' + (r-lo)%10
		}
	}
	return r
}

// hide hides what the text quotes of a number. A text that was clipped may end within one, so
// that its beginning is hidden there, however short.
func (b bareText) hide(number []rune, hidden []bool, clipped bool) {
	tail := min(shownDigits, len(number)/2)
	for i := range b.runes {
		for j := range number {
			n := common(b.runes[i:], number[j:])
			cut := clipped && j == 0 && i+n == len(b.runes)
			if !quoted(number, j, n) && (!cut || n == 0) {
				continue
			}
			if j+n == len(number) {
				n -= tail
			}
			if n > 0 {
				hide(hidden[b.at[i] : b.at[i+n-1]+1])
			}
		}
	}
}

// hideWhole hides every place where the text has all of these letters and digits in a row.
func (b bareText) hideWhole(all []rune, hidden []bool) {
	for i := range b.runes {
		if len(all) > 0 && hasPrefix(b.runes[i:], all) {
			hide(hidden[b.at[i] : b.at[i+len(all)-1]+1])
		}
	}
}

// quoted reports whether so many characters of a number, from one on, tell whose it is. Words
// in an account's name, such as that of a wallet, do not.
func quoted(number []rune, from, n int) bool {
	digits := 0
	for _, r := range number[from : from+n] {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	head := from == 0 && n >= leastHead && n >= len(number)-shownDigits // the end is shown elsewhere
	return n == len(number) || head || n >= leastQuoted && (digits >= leastQuoted || digits > 0 && from+n == len(number))
}

// common is how many characters two texts begin with alike.
func common(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func hasPrefix(text, beginning []rune) bool { return common(text, beginning) == len(beginning) }

func hide(part []bool) {
	for i := range part {
		part[i] = true
	}
}

// folded is a text in lower case, character by character.
func folded(text string) []rune {
	all := []rune(text)
	for i, r := range all {
		all[i] = unicode.ToLower(r)
	}
	return all
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) }

// words splits a name into its parts.
func words(name []rune) [][]rune {
	var all [][]rune
	for _, word := range strings.FieldsFunc(string(name), func(r rune) bool { return !inWord(r) }) {
		all = append(all, []rune(word))
	}
	return all
}

// unspaced are scripts that are written without blanks between words.
var unspaced = []*unicode.RangeTable{unicode.Khmer, unicode.Thai, unicode.Lao, unicode.Myanmar, unicode.Han, unicode.Hiragana, unicode.Katakana}

// hideName hides a part of a name where it is a word, or anywhere in a script without blanks.
func hideName(text, name []rune, hidden []bool) {
	anywhere := slices.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unspaced...) })
	for at := range text {
		end := at + len(name)
		if !hasPrefix(text[at:], name) {
			continue
		}
		if anywhere || (at == 0 || !inWord(text[at-1])) && (end == len(text) || !inWord(text[end])) {
			hide(hidden[at:end])
		}
	}
}

// render writes a mask for each part that is hidden.
func render(text []rune, hidden []bool) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case !hidden[i]:
			b.WriteRune(r)
		case i == 0 || !hidden[i-1]:
			b.WriteString(maskText)
		}
	}
	return b.String()
}

// unreadableCode stands for a code that has not the form of one: a provider may write
// anything there, and codes go where no payout is at hand to compare them with.
const unreadableCode = "unreadable"

var codeForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,32}$`)

// mostCodeDigits is more than any documented code has; numbers of accounts have more.
const mostCodeDigits = 7

// codeOf is a code as it is stored and shown. Of files it may be a word or several.
func codeOf(said string, s Source) string {
	if s == FromStatement {
		said = strings.ReplaceAll(said, " ", "_")
	}
	digits := strings.Count(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return '-'
	}, said), "0")
	if said == "" || codeForm.MatchString(said) && digits <= mostCodeDigits {
		return said
	}
	return unreadableCode
}

// mayQuote reports whether a name or a number may be in the code: whoever writes it looks at the
// payout first. Both providers' codes are digits, and few.
func (c Claim) mayQuote() bool {
	return c.Code != unreadableCode && (len(c.Code) >= leastInCode || strings.Trim(c.Code, "0123456789") != "")
}

// withoutWords is the claim with a code that holds no name, where nobody knows whose to look for.
func (c Claim) withoutWords() Claim {
	if c.mayQuote() {
		c.Code = unreadableCode
	}
	return c
}

// withoutQuotes is the claim with a code that quotes nothing of the payout's recipient.
func (p Payout) withoutQuotes(c Claim) Claim {
	if !p.RedactedAt.IsZero() && c.earlier == "" {
		c.earlier = impersonal(c.Key())
	}
	if !p.RedactedAt.IsZero() || p.Status == Orphan {
		return c.withoutWords()
	}
	if c.Code != "" && p.Mask().quotes(c.Code) {
		c.Code = unreadableCode
	}
	return c
}

// Shown is the entry's message as whoever may read the payout sees it.
func (e Entry) Shown(m Mask) string {
	if e.Source == FromAnswer || e.Source == FromCallback || e.Source == FromQuery {
		return m.Text(e.Message)
	}
	return e.Message // our own words, and those of people who order something
}
