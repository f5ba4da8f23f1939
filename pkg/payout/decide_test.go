package payout_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// in returns a payout that stands in a status, as if it had come there.
func in(t *testing.T, s payout.Status) payout.Payout {
	t.Helper()
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	p := payout.Payout{
		ID: payout.DeriveID("test", "R1"), Reference: "R1", Provider: Vexora, Attempt: 1,
		Status: s, Amount: amount(t, "50000", money.KHR), Description: "May salary",
		History:   []payout.Entry{{At: at, Source: payout.FromCreate, Status: payout.Submitting}},
		CreatedAt: at, UpdatedAt: at, StatusAt: at, Sent: 1, Version: 3,
	}
	if s == payout.Failed {
		p.Failure = &payout.Failure{Code: payout.FailureDeclined}
	}
	return p
}

func claimOf(p payout.Payout, f payout.Finding) payout.Claim {
	return payout.Claim{
		Source: payout.FromCallback, Provider: p.Provider, Reference: string(p.ProviderReference()), Finding: f,
		Amounts: []money.Amount{p.Amount}, At: p.UpdatedAt.Add(time.Minute), Raw: []byte("{}"),
	}
}

// TestEveryClaimMeetsEveryState is the whole reaction of the domain on one page:
// what a verified, matching claim does to a payout in each state.
func TestEveryClaimMeetsEveryState(t *testing.T) {
	type row map[payout.Finding]string // the new status, or the verdict in brackets
	const same, old, kept = "(repeated)", "(stale)", "(noted)"
	const conflict = "(noted contradiction)"
	table := map[payout.Status]row{
		payout.Submitting: {"processing": "processing", "succeeded": "succeeded", "failed": "failed", "returned": "succeeded", "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Queued:     {"processing": "processing", "succeeded": "succeeded", "failed": "failed", "returned": "succeeded", "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Processing: {"processing": same, "succeeded": "succeeded", "failed": "failed", "returned": "succeeded", "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Unknown:    {"processing": "processing", "succeeded": "succeeded", "failed": "failed", "returned": "succeeded", "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Succeeded:  {"processing": old, "succeeded": same, "failed": conflict, "returned": "(applied returned)", "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Failed:     {"processing": kept, "succeeded": conflict, "failed": same, "returned": conflict, "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Cancelled:  {"processing": conflict, "succeeded": conflict, "failed": conflict, "returned": conflict, "unlisted": "(noted unlisted_status)", "unclear": kept, "absent": kept},
		payout.Orphan:     {"processing": kept, "succeeded": kept, "failed": kept, "returned": kept, "unlisted": kept, "unclear": kept, "absent": kept},
	}
	if len(table) != len(payout.Statuses) {
		t.Fatalf("%d of %d states are listed", len(table), len(payout.Statuses))
	}
	for status, row := range table {
		for finding, want := range row {
			t.Run(string(status)+" hears "+string(finding), func(t *testing.T) {
				p := in(t, status)
				if got := reaction(p, p.Decide(claimOf(p, finding))); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		}
	}
}

// reaction writes a decision as the table above has it, and checks that no
// decision moves a payout in a way that the transition table does not show.
func reaction(p payout.Payout, d payout.Decision) string {
	if d.Change == nil {
		return "(" + string(d.Verdict) + ")"
	}
	after := d.Change.Apply(p)
	if d.Change.Status != "" {
		if !p.Status.MayBecome(after.Status) {
			return "an illegal transition to " + string(after.Status)
		}
		return string(after.Status)
	}
	text := string(d.Verdict)
	for _, r := range after.Attention.Reasons() {
		text += " " + string(r)
	}
	return "(" + text + ")"
}

func TestFinalStatesHaveNoWayOut(t *testing.T) {
	for _, next := range payout.Statuses {
		for _, from := range next.Arrivals() {
			if from.Final() {
				t.Errorf("%s may be rewritten as %s", from, next)
			}
		}
	}
}

func TestClaimsThatAreNotAboutThisPayoutChangeNothingButAttention(t *testing.T) {
	other := "other remark"
	tests := map[string]func(t *testing.T, c *payout.Claim){
		"another amount":    func(t *testing.T, c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "500", money.KHR)} },
		"a hundred times":   func(t *testing.T, c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "5000000", money.KHR)} },
		"another currency":  func(t *testing.T, c *payout.Claim) { c.Amounts = []money.Amount{amount(t, "50000", money.USD)} },
		"one of two wrong":  func(t *testing.T, c *payout.Claim) { c.Amounts = append(c.Amounts, amount(t, "1", money.KHR)) },
		"another provider":  func(_ *testing.T, c *payout.Claim) { c.Provider = Monetix },
		"another remark":    func(_ *testing.T, c *payout.Claim) { c.Description = &other },
		"a later attempt":   func(_ *testing.T, c *payout.Claim) { c.Reference = c.Reference[:27] + "02" },
		"something suspect": func(_ *testing.T, c *payout.Claim) { c.Suspect = "the amount cannot be read" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			for _, status := range []payout.Status{payout.Processing, payout.Unknown, payout.Succeeded} {
				p := in(t, status)
				c := claimOf(p, payout.FoundSucceeded)
				change(t, &c)
				d := p.Decide(c)
				if got := reaction(p, d); got != "(noted callback_mismatch)" {
					t.Fatalf("%s: %s", status, got)
				}
				after := d.Change.Apply(p)
				if !status.Final() && !after.QueryAt.Equal(c.At) {
					t.Errorf("%s: the provider is asked at %v, not at once", status, after.QueryAt)
				}
				if again := after.Decide(c); again.Change != nil {
					t.Errorf("%s: a repetition is written again", status)
				}
			}
		})
	}
}

// Pages say that a description is echoed, and nowhere that it is unchanged: what a database or
// an HTML page makes of a text is still the text. A callback about another payment has another.
func TestAnEchoMayBeWrittenOtherwiseAndSaysTheSame(t *testing.T) {
	for _, test := range []struct {
		ours, theirs string
		same         bool
	}{
		{"Lunch & tea", "Lunch &amp; tea", true},
		{"Lunch & tea", "Lunch &amp;amp; tea", true},
		{"Dara's <bonus>", "Dara&#39;s &lt;bonus&gt;", true},
		{"May  salary", " May salary", true},
		{"May salary", "MAY SALARY", true},
		{"May salary 🎉", "May salary ?", true},
		{"May salary ❤\ufe0f", "May salary", true},
		{"ប្រាក់ខែ\u200b ឧសភា", "ប្រាក់ខែ ឧសភា", true},
		{"🎉", "🎉", true},
		{"🎉", "?", true},
		{"🎉 !", "? !", true},

		// What the other side's character set does not have is a sign in its place, or is left out.
		{"ប្រាក់ខែ May 7", "???????? May 7", true},
		{"ប្រាក់ខែ May 7", "\ufffd\ufffd\ufffd May 7", true},
		{"ប្រាក់ខែ May 7", "May 7", true},
		{"ប្រាក់ខែ May 7", "&#6036;&#65533;??? May 7", false}, // it has Khmer, and keeps a part of it
		{"May 7 (ប្រាក់ខែ)", "may 7 (?)", true},
		{"ប្រាក់ខែ ឆ្នាំ ២០២៦", "???????? ?????? ????", true},
		{"ប្រាក់ខែ", "????????", true}, // nothing is left to compare, as where nothing is echoed
		{"ប្រាក់ខែ", "?", true},
		{"ប្រាក់ខែ", "-", true},
		{"Café Ötzi", "Caf? ?tzi", true},
		{"Café Čapek", "Café ?apek", true}, // Latin-1
		{"Café Čapek", "Café Capek", true},
		{"Café", "Cafe\u0301", true},
		{"Société et fils", "Soci?t? et fils", true},
		{"Société et fils", "SOCIETE ET FILS", true},
		{"Société et fils", "Socit et fils", true},

		// Unicode's other forms of a sign, and the plain ones for them.
		{"Ｍａｙ ７", "May 7", true},
		{"ﬁve ① ㎏", "five 1 kg", true},
		{"five 1 kg", "ﬁve ① ㎏", true},
		{"Ｍａｙ ７", "May 8", false},

		// UTF-8 that was read as Latin-1 or as Windows-1252, once or twice.
		{"Société et fils", "SociÃ©tÃ© et fils", true},
		{"Société et fils", "SociÃƒÂ©tÃƒÂ© et fils", true},
		{"Société et fils", "Soci&Atilde;&copy;t&Atilde;&copy; et fils", true},
		{"ខែ May 7", "áž\u0081áŸ‚ May 7", true},
		{"ខែ May 7", "á\u009e\u0081á\u009f\u0082 May 7", true},
		{"Société et fils", "SociÃ©tÃ© et fille", false},
		{"ខែ May 7", "áž\u0081áŸ‚ May 8", false},
		{"ខែ May 7", "áž¢ážš May 7", false}, // another word, misread
		{"ខែ May 7", "á?á? May 7", true},

		// Escapes of JSON, of a programming language, and of an address.
		{"Société et fils", `Soci\u00e9t\u00e9 et fils`, true},
		{"Société et fils", `Soci\\u00e9t\\u00e9 et fils`, true},
		{"Société et fils", `Soci\xc3\xa9t\xc3\xa9 et fils`, true},
		{"Société et fils", "Soci%C3%A9t%C3%A9+et%20fils", true},
		{"Société et fils", "Soci%25C3%25A9t%25C3%25A9%2520et%2520fils", true},
		{"ខែ May 7", "%E1%9E%81%E1%9F%82%20May%207", true},
		{"ខែ May 7", `\u1781\u17c2 May 7`, true},
		{"🎉", `\ud83c\udf89`, true},
		{"100%20", "100%20", true},
		{"Société et fils", "Soci%C3%A9t%C3%A9%20et%20fille", false},
		{"ខែ May 7", `\u1781\u17c2 May 8`, false},
		{"ខែ", `\u1781`, false},
		{"May 7", "May%208", false},
		{`May \u0037`, "May 8", false},

		{"ប្រាក់ខែ May 7", "???????? May 8", false},
		{"ប្រាក់ខែ May 7", "???????? May", false}, // a digit is in every character set
		{"ប្រាក់ខែ May 7", "????????", false},
		{"ប្រាក់ខែ May 7", "???????? June 7", false},
		{"ប្រាក់ខែ", "salary", false},
		{"ប្រាក់ខែ", "?? 7", false},
		{"ប្រាក់ខែ", "អរគុណ", false},
		{"ប្រាក់ខែ", "ប្រាក់", false},
		{"ប្រាក់ខែ", "ប្រាក់??", false},
		{"Café", "Caf", true}, // one sign was left out
		{"Café", "Ca?", false},
		{"!!", "??", false},
		{"May salary", "June salary", false},
		{"May salary 1", "May salary 2", false},
		{"May salary", "May", false}, // no page says where a text is cut
		{"May salary", "May salary 2", false},
		{"May salary", "?", false},
		{"🎉", "!", false},
		{"", "May salary", false},
		{"", "!", false},
		{"", "?", false},
		{"ប្រាក់ខែ", "ប្រាកខែ", false}, // a sign of Khmer is a part of the word
	} {
		for _, status := range []payout.Status{payout.Processing, payout.Unknown, payout.Queued} {
			p := in(t, status)
			p.Description = test.ours
			c := claimOf(p, payout.FoundSucceeded)
			c.Description = &test.theirs
			want := map[bool]string{true: "succeeded", false: "(noted callback_mismatch)"}[test.same]
			if got := reaction(p, p.Decide(c)); got != want {
				t.Errorf("%s: %q echoed as %q is %s, not %s", status, test.ours, test.theirs, got, want)
			}
		}
	}
}

// FuzzAnEchoThatLostSigns holds for every text that what a character set takes out of it, or puts
// in its place, is the same text, and that another letter or digit is not.
func FuzzAnEchoThatLostSigns(f *testing.F) {
	for _, text := range []string{"ប្រាក់ខែ May 7", "Café Ötzi", "🎉", "工资 5", "ប្រាក់ខែ", "İstanbul ﬁve", "1️⃣ lunch"} {
		f.Add(text, byte(0), byte(3))
	}
	f.Fuzz(func(t *testing.T, ours string, way, at byte) {
		if !utf8.ValidString(ours) || strings.ContainsFunc(ours, unicode.IsControl) || strings.ContainsAny(ours, "&?\ufffd") {
			t.Skip()
		}
		lost := []string{"?", "\ufffd", "", "??"}[way%4]
		echo := strings.Map(func(r rune) rune {
			if r < utf8.RuneSelf {
				return r
			}
			return utf8.RuneError
		}, ours)
		echo = strings.ReplaceAll(echo, "\ufffd", lost)
		same := func(theirs string) bool {
			p := in(t, payout.Processing)
			p.Description = ours
			c := claimOf(p, payout.FoundSucceeded)
			c.Description = &theirs
			return reaction(p, p.Decide(c)) == "succeeded"
		}
		if !same(echo) {
			t.Errorf("%q echoed as %q is another text", ours, echo)
		}
		for i := range len(echo) {
			j := (i + int(at)) % len(echo)
			if r := rune(echo[j]); r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				if other := echo[:j] + "#" + echo[j+1:]; same(other) {
					t.Errorf("%q echoed as %q is the same text", ours, other)
				}
				return
			}
		}
	})
}

// On the whole road too, and its repetition is one.
func TestAnEchoThatIsWrittenOtherwiseIsStoredOnce(t *testing.T) {
	w := newWorld(t)
	d := draft("R1")
	d.Description = "Lunch & tea"
	p := w.mustCreate(d)
	c, echo := w.claim(p, payout.FoundSucceeded), "Lunch &amp; tea"
	c.Description = &echo
	if v := w.receive(c); v != payout.Applied {
		t.Errorf("the callback is %s", v)
	}
	if v := w.receive(c); v != payout.Repeated {
		t.Errorf("its repetition is %s", v)
	}
	if p := w.stored(p.ID); p.Status != payout.Succeeded || len(p.Attention) > 0 {
		t.Errorf("%s, %v", p.Status, p.Attention.Reasons())
	}
}

func TestASuccessOfAnOlderAttemptIsADoublePaymentSuspected(t *testing.T) {
	p := in(t, payout.Succeeded)
	p.Attempt = 2
	c := claimOf(p, payout.FoundSucceeded)
	c.Reference = string(p.ID.ProviderReference(1))
	if got := reaction(p, p.Decide(c)); got != "(noted double_payment_suspected)" {
		t.Error(got)
	}
	c.Finding = payout.FoundFailed
	if got := reaction(p, p.Decide(c)); got != "(stale)" {
		t.Error(got)
	}
}

func TestASecondSuccessUnderAnotherNumberIsAContradiction(t *testing.T) {
	p := in(t, payout.Succeeded)
	p.ProviderID = "N1"
	c := claimOf(p, payout.FoundSucceeded)
	c.ProviderID = "N2"
	if got := reaction(p, p.Decide(c)); got != "(noted contradiction)" {
		t.Error(got)
	}
}

func TestARefusalOfTheSecondSubmissionSaysNothingAboutTheFirst(t *testing.T) {
	p := in(t, payout.Submitting)
	p.Sent = 2
	c := claimOf(p, payout.FoundFailed)
	c.OnlyIfFirst, c.Source = true, payout.FromAnswer
	if got := reaction(p, p.Decide(c)); got != "(stale)" {
		t.Error(got)
	}
}

func TestAReturnBeforeItsSuccessIsBothInOneWrite(t *testing.T) {
	p := in(t, payout.Processing)
	after := p.Decide(claimOf(p, payout.FoundReturned)).Change.Apply(p)
	if after.Status != payout.Succeeded || after.Return == nil || after.CompletedAt.IsZero() {
		t.Errorf("%s with return %v", after.Status, after.Return)
	}
	if late := after.Decide(claimOf(after, payout.FoundSucceeded)); late.Change != nil {
		t.Error("the late success was not recognised")
	}
}

func TestAttentionEndsWhereTheTableSaysAndNowhereElse(t *testing.T) {
	p := in(t, payout.Unknown)
	at := p.CreatedAt
	for _, r := range []payout.Reason{payout.UnknownTooLong, payout.Contradiction, payout.CallbackMismatch} {
		p.Attention = p.Attention.With(r, at)
	}
	after := p.Decide(claimOf(p, payout.FoundSucceeded)).Change.Apply(p)
	got := after.Attention.Reasons()
	if slices.Contains(got, payout.UnknownTooLong) || len(got) != 2 {
		t.Errorf("attention %v", got)
	}
}

func TestHistoryIsBoundedButTheEndAlwaysFindsRoom(t *testing.T) {
	p := in(t, payout.Processing)
	for i := range 200 {
		c := claimOf(p, payout.FoundUnlisted)
		c.Code = string(rune('A' + i))
		if d := p.Decide(c); d.Change != nil {
			p = d.Change.Apply(p)
		}
	}
	if len(p.History) >= payout.HistoryLimit {
		t.Fatalf("%d entries", len(p.History))
	}
	after := p.Decide(claimOf(p, payout.FoundSucceeded)).Change.Apply(p)
	if len(after.History) != len(p.History)+1 || after.History[len(p.History)].Status != payout.Succeeded {
		t.Error("the final state is missing from the history")
	}
}

func TestProviderTextIsMadePrintable(t *testing.T) {
	long := ""
	for range 100 {
		long += "ខ្មែរ"
	}
	tests := map[string]string{
		"a\x00b\r\nc":    "a b  c",
		" plain ":        "plain",
		"bad \xff bytes": "bad ? bytes",
	}
	for text, want := range tests {
		if got := payout.Printable(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := payout.Printable(long); len(got) > 160 || got != long[:len(got)] {
		t.Errorf("clipped to %d bytes: %q", len(got), got)
	}
}
