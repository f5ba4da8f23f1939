package vexora_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
)

// Fields are joined without a separator, so a notification is a text that may be cut anew,
// with the signature that it has. Honest ones are drawn from everything that is documented of
// payouts and deposits, and of all members that nobody documents any that may come tomorrow.

// honest draws the fields of a notification; a customer chooses some texts of a deposit.
func honest(r *rand.Rand, undocumented bool) map[string]string {
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	ours := string(payout.DeriveID("prod", "R1").ProviderReference(1))
	other := string(payout.DeriveID("prod", "R2").ProviderReference(1))
	f := map[string]string{
		"tradeNo": ours, "platFormTradeNo": one("VX1", "VXKHPO9C2F72QW6M4A8N1"), "amount": one("50000", "50000.00", "12.50"),
		"status": one("0000", "0015", "00029", "0001"), "message": one("SUCCESS", "Processing", "code=51", "x"), "timestamp": "1778919005000",
	}
	maybe := func(name string, of ...string) {
		if r.IntN(2) == 0 {
			f[name] = one(of...)
		}
	}
	maybe("successTime", "2026-05-16 15:10:05")
	maybe("remark", "payout_KHPO202605160001", "May salary", "times", "for")
	if r.IntN(2) == 0 {
		f["tradeNo"] = one("DEP1", "20260516151005123456")
		f[one("remark", "message")] = one("tradeNo="+other, "status=0000", "rstatus=0000tradeNo="+other, "zz", "platFormTradeNo=VX1status=0000tradeNo="+other+"u=")
		maybe("channelCode", "KHQR", "BAKONG")
		maybe("wayCode", "KHQR", "VA")
	}
	for range r.IntN(3) {
		if undocumented {
			f[one("bizNo", "currency", "merchantName", "orderAmount", "payType", "rsrs", "storeNo", "subMerchantNo", "susu", "poundpound", "statusName", "tradeTime", "userId", "zone")] = one("1", "KHR", "Sok Dara", "A7")
		}
	}
	return f
}

// cut cuts a text into fields; nil if they would be signed in another order. Most of the time it
// keeps the honest beginning of a name, and moves it a little at others.
func cut(r *rand.Rand, text string, known []string) map[string]string {
	var signs []int
	for i := range text {
		if text[i] == '=' && (len(signs) == 0 || r.IntN(8) > 0) {
			signs = append(signs, i)
		}
	}
	begins := make([]int, len(signs)+1)
	begins[len(signs)] = len(text)
	for n := 1; n < len(signs); n++ {
		begin, least := signs[n], signs[n-1]+1
		for _, name := range known {
			if strings.HasSuffix(text[:signs[n]], name) {
				begin = min(begin, max(least, signs[n]-len(name)))
			}
		}
		if begin == signs[n] || r.IntN(5) == 0 {
			begin = least + r.IntN(signs[n]-least+1)
		}
		begins[n] = begin
	}
	f, last := map[string]string{}, ""
	for n, at := range signs {
		name := text[begins[n]:at]
		if name <= last || begins[n+1] <= at+1 {
			return nil
		}
		f[name], last = text[at+1:begins[n+1]], name
	}
	return f
}

// means is what a claim says about the money: texts for people may be cut anywhere.
func means(c payout.Claim) string {
	return fmt.Sprint(c.Reference, " ", c.ProviderID, " ", c.Code, " ", c.Finding, " ", c.Amounts, " ", c.Suspect)
}

// recut cuts an honest notification a few times. It counts the cuts that verified, and those
// that were believed.
func recut(t *testing.T, r *rand.Rand, undocumented bool) (verified, believed int) {
	t.Helper()
	fields := honest(r, undocumented)
	text, known := vexora.Canonical(fields), slices.Sorted(maps.Keys(fields))
	sign := vexora.Sign(fields, secrets.New(rielSecret))
	body := func(f map[string]string) string {
		f = maps.Clone(f)
		f["sign"] = sign
		raw, _ := json.Marshal(f)
		return string(raw)
	}
	genuine, err := verify(t, body(fields))
	if err != nil {
		t.Fatal(err)
	}
	for range cutsOfOne {
		again := cut(r, text, known)
		if again == nil || maps.Equal(again, fields) {
			continue
		}
		c, err := verify(t, body(again))
		if err != nil {
			continue // it names no tradeNo
		}
		if verified++; c.Ambiguous != "" {
			continue
		}
		believed++
		if means(c) != means(genuine) || described(c) != described(genuine) {
			t.Errorf("cut otherwise, and believed\n%v\n%s %s\n%v\n%s %s", fields, means(genuine), described(genuine), again, means(c), described(c))
		}
	}
	return verified, believed
}

// cutsOfOne is how often each honest notification is cut.
const cutsOfOne = 10

func described(c payout.Claim) string {
	if c.Description == nil {
		return ""
	}
	return *c.Description
}

func TestNoNotificationThatIsCutOtherwiseSaysAnythingElse(t *testing.T) {
	draws := uint64(10_000)
	if testing.Short() {
		draws = 1000
	}
	for _, undocumented := range []bool{false, true} {
		verified, believed := 0, 0
		for seed := range draws {
			right, fine := recut(t, rand.New(rand.NewPCG(seed, 29)), undocumented)
			verified, believed = verified+right, believed+fine
		}
		t.Logf("undocumented members %v: of %d cuts %d verified, %d were believed", undocumented, draws*cutsOfOne, verified, believed)
		if verified < int(draws) {
			t.Errorf("only %d cuts verified: the test says nothing", verified)
		}
	}
}

func FuzzNoNotificationThatIsCutOtherwiseSaysAnythingElse(f *testing.F) {
	f.Add(uint64(1), uint64(29), true)
	f.Fuzz(func(t *testing.T, a, b uint64, undocumented bool) {
		recut(t, rand.New(rand.NewPCG(a, b)), undocumented)
	})
}

func TestAStatusTakesNoLettersOfTheNextName(t *testing.T) {
	begin := `{"tradeNo":"T1","platFormTradeNo":"VX1","amount":"50000",`
	for cut, ambiguous := range map[string]bool{
		`"status":"00029","timestamp":"1778919000000"`:                 false,
		`"status":"00029times","tamp":"1778919000000"`:                 true,
		`"status":"0000su","su":"1","timestamp":"1"`:                   true,
		`"status":"0000","susu":"1","timestamp":"1"`:                   false,
		`"status":"PENDING","timestamp":"1"`:                           false, // the next name is certain
		`"status":"PENDING","susu":"1","timestamp":"1"`:                true,
		`"status":"0000","timestamp":"1","zone":"7"`:                   false,
		`"status":"0000","timestamp":"1","wayCod":"7"`:                 false,
		`"remark":"x","status":"0000","successTime":"y timestamp=1"`:   true,
		`"message":"SUCCESS","status":"0000","timestamp":"1","u":"=1"`: false,
	} {
		c, err := verify(t, signed(t, begin+cut+"}", rielSecret))
		if err != nil || (c.Ambiguous != "") != ambiguous {
			t.Errorf("%s: ambiguous %q, %v", cut, c.Ambiguous, err)
		}
	}
}

func TestWhatNobodySignedSaysNothing(t *testing.T) {
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 7))
		fields := leaves(r)
		if r.IntN(3) == 0 {
			fields[[]string{"message", "u", "a b"}[r.IntN(3)]] = []string{"xstatus=0015", "timestamp=1", "y"}[r.IntN(3)]
		}
		written := map[string]any{"sign": vexora.Sign(fields, secrets.New(rielSecret))}
		for name, value := range fields {
			written[name] = value
		}
		plain, _ := json.Marshal(written)
		genuine, err := verify(t, string(plain))
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + r.IntN(3) {
			name := []string{"a b", "zz", "a=b", "", "ក", "status", "remark", "timestamp", "statu", ";"}[r.IntN(10)]
			if _, there := written[name]; !there {
				written[name] = []any{"", nil}[r.IntN(2)]
			}
		}
		more, _ := json.Marshal(written)
		c, err := verify(t, string(more))
		if err != nil || c.Ambiguous != genuine.Ambiguous || said(c) != said(genuine) {
			t.Fatalf("what nobody signed says something: %v\n%s\n%q %s\n%s\n%q %s", err, plain, genuine.Ambiguous, said(genuine), more, c.Ambiguous, said(c))
		}
	}
}
