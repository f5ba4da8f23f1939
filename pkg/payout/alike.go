package payout

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A reader takes a sign for what it looks like, so that a mask has to look for that too. Unicode
// knows which signs are another form of one (wide, raised, in circles, of mathematics); which
// letters of other scripts look like Latin ones is in no table that the service has, but for the
// ones below.

// lookalikes are letters that look like a Latin one, small or large as they are themselves.
var lookalikes = func() map[rune]rune {
	alike := map[rune]rune{}
	for latin, others := range map[rune]string{
		'a': "АаΑαɑᴀ", 'b': "ВвΒβЬьʙ", 'c': "СсϹϲᴄ", 'd': "ԀԁĐđᴅ", 'e': "ЕеΕεЄєɛᴇ", 'f': "Ϝϝꜰ",
		'g': "ɡɢԌԍ", 'h': "НнһҺΗһʜ", 'i': "ІіΙιıɪӀ", 'j': "ЈјϳᴊͿ", 'k': "КкΚκᴋ", 'l': "Łłӏʟ",
		'm': "МмΜϺᴍ", 'n': "ΝηПпՈոɴ", 'o': "ОоΟοσОօՕᴏØøⲞⲟ", 'p': "РрΡρᴘ", 'q': "Ԛԛ", 'r': "гʀ", 's': "ЅѕՏꜱ",
		't': "ТтΤτᴛ", 'u': "υμսՍᴜ", 'v': "Ѵѵνᴠ", 'w': "Ԝԝωᴡ", 'x': "ХхΧχ", 'y': "УуΥγҮүʏ", 'z': "Ζζᴢ",
	} {
		for _, r := range others {
			alike[r] = latin
			if unicode.IsUpper(r) {
				alike[r] = unicode.ToUpper(latin)
			}
		}
	}
	for _, first := range []rune{'🅐', '🅰', '🇦'} { // letters in black circles, in black squares, of flags
		for n := range rune(26) {
			alike[first+n] = 'A' + n
		}
	}
	return alike
}()

// drawnDigits are digits that Unicode does not count among the digits, and of which it knows no
// plain form, as ASCII ones: of Khmer divination, in black and double circles, of Chinese. Each
// row begins with its nought.
var drawnDigits = func() map[rune]rune {
	digits := map[rune]rune{}
	for _, row := range []string{"៰៱៲៳៴៵៶៷៸៹", "⓿❶❷❸❹❺❻❼❽❾", "⓿⓵⓶⓷⓸⓹⓺⓻⓼⓽", "🄋➀➁➂➃➄➅➆➇➈", "🄌➊➋➌➍➎➏➐➑➒", "〇一二三四五六七八九", "〇〡〢〣〤〥〦〧〨〩"} {
		for n, r := range []rune(row) {
			digits[r] = '0' + rune(n)
		}
	}
	return digits
}()

// plain reads each sign as the Latin letter or the digit that it looks like, without accents, and
// nothing where nothing is seen. What looks like a blank is one, also if Unicode calls it a letter.
func (as reading) plain() reading {
	var next reading
	for i, r := range as.runes {
		said := plainSign(r)
		for _, s := range said {
			next.add(s, as.from[i], as.to[i])
		}
		if n := len(next.to); said == "" && n > 0 {
			next.to[n-1] = as.to[i] // hidden with what it stands behind
		}
	}
	return next
}

func plainSign(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return string(r)
	case unicode.IsSpace(r), r == brailleBlank, Unseen(r) && unicode.IsLetter(r):
		return " "
	case Unseen(r), unicode.Is(accents, r):
		return ""
	}
	bare := strings.Map(func(r rune) rune {
		if unicode.Is(accents, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(string(r)))
	return strings.Map(func(r rune) rune {
		if digit, drawn := drawnDigits[r]; drawn {
			return digit
		}
		if latin, alike := lookalikes[r]; alike {
			return latin
		}
		return plainDigit(r)
	}, norm.NFC.String(bare))
}

// plainText is a text as it looks; see [reading.plain].
func plainText(text string) string { return string(literally(text).plain().runes) }

// counted reads letters that look like digits as digits, where they stand beside one: O and l in
// 73Ol98. Everywhere it may only be done for somebody whose number is known: words are made of
// such letters too.
func (as reading) counted(everywhere bool) reading {
	next := reading{runes: slices.Clone(as.runes), from: as.from, to: as.to}
	for at := 0; at < len(as.runes); at++ {
		end, digits := at, everywhere
		for end < len(as.runes) && numeral(as.runes[end], everywhere) != 0 {
			digits = digits || unicode.IsDigit(as.runes[end])
			end++
		}
		for i := at; i < end && digits; i++ {
			next.runes[i] = numeral(as.runes[i], everywhere)
		}
		at = max(at, end-1)
	}
	return next
}

// numeral is the digit that a sign is, or may be taken for, else 0. A bar sets numbers apart more
// often than it is one.
func numeral(r rune, bar bool) rune {
	switch {
	case unicode.IsDigit(r):
		return r
	case r == 'o', r == 'O':
		return '0'
	case r == 'l', r == 'I', r == '|' && bar:
		return '1'
	}
	return 0
}

// readings are all ways in which a text is read: as it stands, as its markup means, and with the
// escapes that ordinary texts have by chance; each of them as it looks, too. What any of them
// quotes is hidden, so that a reading that is wrong takes nothing from another one.
func (m Mask) readings(text string) []reading {
	var all []reading
	add := func(as reading) {
		same := func(other reading) bool {
			return slices.Equal(as.runes, other.runes) && slices.Equal(as.from, other.from)
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, as)
		}
	}
	literal := literally(text)
	meanings := []reading{literal}
	if strings.ContainsAny(text, escapeSigns) {
		meanings = append(meanings, literal.unescaped(escapeForm), literal.unescaped(anyEscape))
	}
	for _, as := range meanings {
		plain := as.plain()
		add(as)
		add(plain)
		add(plain.counted(false))
		if !m.anybody {
			add(plain.counted(true))
		}
	}
	return all
}
