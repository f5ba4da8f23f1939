package boot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

func seeded(t *testing.T, d wire.Parts, id payout.ID, s payout.Status, prov payout.Provider) payout.Payout {
	t.Helper()
	at := time.Now().UTC().Add(-10 * time.Minute).Truncate(time.Millisecond)
	amount, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	p := payout.Payout{
		Reference: payout.Reference("R-" + string(id[3:9])), Amount: amount, Fingerprint: "1.f", StatusAt: at, SubmittedAt: at, Sent: 1,
		ID: id, Status: s, Provider: prov, Attempt: 1, Version: 1, CreatedAt: at, UpdatedAt: at,
		Destination: payout.Destination{Type: payout.WalletDestination, Wallet: "LANTON", AccountID: "a", AccountNumber: "88990011"},
		Heard:       payout.Heard{"1.sent"},
		History:     []payout.Entry{{At: at, Source: payout.FromAnswer, Status: s}},
	}
	if err := d.Store.Insert(t.Context(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	return p
}

func orderAs(t *testing.T, h edge.Handler, arn, method, path, query, body string) (int, map[string]any, edge.Reply) {
	t.Helper()
	e := edge.Event{RawPath: path, RawQueryString: query, Body: body}
	e.RequestContext.HTTP.Method = method
	e.RequestContext.Authorizer = by(arn)
	r, err := h(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	asDescribed(t, e, r)
	var m map[string]any
	_ = json.Unmarshal([]byte(r.Body), &m)
	return r.StatusCode, m, r
}

const (
	ofDara     = "arn:aws:iam::111122223333:role/payroll"
	ofBopha    = "arn:aws:iam::111122223333:role/finance"
	ofStranger = "arn:aws:iam::111122223333:role/stranger"
	seededID   = payout.ID("po_abcdefghijklmnopqrstuvwxyz")
)

// An unregistered caller voids every proposal with resend-event.
func TestAStrangerVoidsOrdersForTwo(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	for round := range 5 {
		c1, _, _ := orderAs(t, h, []string{ofDara, ofBopha}[round%2], "POST", base+"/resolve", "", resolve)
		cs, ms, _ := orderAs(t, h, ofStranger, "POST", base+"/resend-event", "", `{"reason":"because","event":1}`)
		c2, _, _ := orderAs(t, h, []string{ofBopha, ofDara}[round%2], "POST", base+"/resolve", "", resolve)
		t.Log(round, c1, cs, ms["code"], c2)
		if c1 == 202 && c2 == 202 && round > 1 {
			t.Errorf("round %d: the stranger's resend-event (%d) undid the proposal", round, cs)
		}
	}
}

// An unregistered caller fills history and evidence room; then reviewed by two leaves no trace.
func TestAStrangerFillsTheHistory(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	for i := range 60 {
		c, m, _ := orderAs(t, h, ofStranger, "POST", base+"/resend-event", "", fmt.Sprintf(`{"reason":"because","event":1,"evidence":%q}`, strings.Repeat(fmt.Sprint(i, "ab"), 700)))
		if c != 200 {
			t.Log(i, c, m["code"], m["detail"])
			break
		}
	}
	p, _ := d.Store.Get(t.Context(), seededID)
	kept := 0
	for _, e := range p.History {
		kept += len(e.Raw)
	}
	t.Log("entries", len(p.History), "dropped", p.HistoryDropped, "raw", kept)
	reviewed := `{"as":"failed","reason":"Dara saw the letter","evidence":"ticket 1"}`
	c1, m1, _ := orderAs(t, h, ofDara, "POST", base+"/resolve", "", reviewed)
	seq := m1["proposal"].(map[string]any)["sequence"]
	_, ev, _ := orderAs(t, h, ofBopha, "GET", fmt.Sprintf("%s/evidence/%v", base, seq), "", "")
	p, _ = d.Store.Get(t.Context(), seededID)
	last := p.History[len(p.History)-1]
	t.Log(c1, "proposal.sequence", seq, "evidence there", ev["detail"], ev["sha256"], "by", last.By, last.Message[:min(60, len(last.Message))])
	if last.By == ofStranger {
		t.Errorf("proposal.sequence %v points to the stranger's entry; Dara's proposal is nowhere in the history", seq)
	}
}

// F2: ?check= or ?check applies.
func TestCheckWithoutAValueApplies(t *testing.T) {
	for _, q := range []string{"provider=vexora&check", "provider=vexora&check="} {
		d, h, _ := operating(t, map[string]string{"people": peopleDocument})
		p := seeded(t, d, seededID, payout.Succeeded, vexora.Name)
		file := "tradeNo,platFormTradeNo,amount,currency,status,message\n" + string(p.ProviderReference()) + ",V1,50000,KHR,00029,x\n"
		before, _ := d.Store.Get(t.Context(), seededID)
		c1, m1, _ := orderAs(t, h, ofDara, "POST", "/v1/statements", q, file)
		c2, m2, _ := orderAs(t, h, ofBopha, "POST", "/v1/statements", q, file)
		after, _ := d.Store.Get(t.Context(), seededID)
		t.Log(q, c1, m1["awaiting"], c2, m2["awaiting"], m2["counts"], after.Attention)
		if c1 == 200 && after.Version != before.Version {
			t.Errorf("%s: wrote (version %d -> %d), attention %v", q, before.Version, after.Version, after.Attention)
		}
	}
}

// Rename of a person between two orders makes one human two.
func TestARenamedPersonIsTwo(t *testing.T) {
	docs := map[string]string{"people": strings.Replace(peopleDocument, `"Dara"`, `"dara"`, 1)}
	d, h, _ := operating(t, docs)
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	c1, _, _ := orderAs(t, h, ofDara, "POST", base+"/resolve", "", resolve)
	// the register's spelling is mended; another instance (or this one a minute later) reads it
	d2 := d
	d2.Secrets = deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument, "people": peopleDocument}).Secrets
	operate, err := boot.Assemble(d2, read[boot.OperateConfig](t, environment())).Operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c2, m, _ := orderAs(t, edge.NewOperate(operate), ofDara, "POST", base+"/resolve", "", resolve)
	if c2 == http.StatusOK {
		t.Errorf("%d then %d: one principal proposed and confirmed: %v", c1, c2, m["history"].([]any)[2])
	}
}

// Somebody who was taken out of the register still counts as one of two.
func TestARemovedPersonStillCounts(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	orderAs(t, h, ofDara, "POST", base+"/resolve", "", resolve)
	d2 := d
	d2.Secrets = deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument, "people": strings.Replace(onePerson, "Dara", "Bopha", 1)}).Secrets
	d2.Secrets = deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument,
		"people": `{"people":[{"name":"Bopha","principals":["` + ofBopha + `"]}]}`}).Secrets
	operate, err := boot.Assemble(d2, read[boot.OperateConfig](t, environment())).Operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c2, _, _ := orderAs(t, edge.NewOperate(operate), ofBopha, "POST", base+"/resolve", "", resolve)
	if c2 == http.StatusOK {
		t.Errorf("%d: carried out by Bopha alone, the register holds one person", c2)
	}
}

// With single sign-on nobody can tell who the second person was.
func TestSingleSignOnHidesTheSecondPerson(t *testing.T) {
	const sso = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Finance_1234567890abcdef/"
	doc := `{"people":[{"name":"Dara","principals":["` + sso + `dara@x.kh"]},{"name":"Bopha","principals":["` + sso + `bopha@x.kh"]},{"name":"Sokha","principals":["` + sso + `sokha@x.kh"]}]}`
	d, h, _ := operating(t, map[string]string{"people": doc})
	p := seeded(t, d, seededID, payout.Unknown, vexora.Name)
	base := "/v1/payouts/" + string(seededID)
	resolve := `{"as":"failed","reason":"looked into","evidence":"ticket 1"}`
	orderAs(t, h, sso+"dara@x.kh", "POST", base+"/resolve", "", resolve)
	c, _, r := orderAs(t, h, sso+"bopha@x.kh", "POST", base+"/resolve", "", resolve)
	got, _ := d.Store.Get(t.Context(), seededID)
	all := r.Body + fmt.Sprintf("%+v", got)
	if c != 200 || !strings.Contains(strings.ToLower(all), "bopha") {
		t.Errorf("%d: no trace of Bopha in the stored payout or the answer: %q by %s", c, got.History[2].Message, got.History[2].By)
	}
	file := "tradeNo,platFormTradeNo,amount,currency,status,message\n" + string(p.ProviderReference()) + ",V1,50000,KHR,0000,x\n"
	_, m1, _ := orderAs(t, h, sso+"dara@x.kh", "POST", "/v1/statements", "provider=vexora", file)
	_, m2, _ := orderAs(t, h, sso+"bopha@x.kh", "POST", "/v1/statements", "provider=vexora", file)
	got, _ = d.Store.Get(t.Context(), seededID)
	t.Log(m1["imported_by"], m2["imported_by"], m2["first_imported_by"], m2["awaiting"], m2["counts"])
	for _, e := range got.History[3:] {
		who := "sent by Dara and Bopha"
		if strings.Contains(e.Message, "the provider is asked") {
			who = "sent by Dara, says succeeded" // it was asked about after the first
		}
		if !strings.Contains(e.Message, who) {
			t.Errorf("who imported does not stand in the entry: %q by %s", e.Message, e.By)
		}
	}
}

// A file can make the report larger than the table keeps.
func TestAReportCanGrowBeyondTheArchive(t *testing.T) {
	_, h, _ := operating(t, map[string]string{"people": peopleDocument})
	var file strings.Builder
	file.WriteString("tradeNo,platFormTradeNo,amount,currency,status,message\n")
	for i := range 1000 {
		fmt.Fprintf(&file, "x%d,%s,1,KHR,%s,\n", i, strings.Repeat("<", 150), strings.Repeat("&", 150))
	}
	c, _, _ := orderAs(t, h, ofDara, "POST", "/v1/statements", "provider=vexora", file.String())
	c2, m, r := orderAs(t, h, ofBopha, "POST", "/v1/statements", "provider=vexora", file.String())
	t.Log(c, c2, m["awaiting"], len(r.Body), "of", file.Len())
	if len(r.Body) > 1<<20 {
		t.Errorf("a file of %d bytes makes a report of %d; dynamo.pack drops what is over 1 MiB without an error", file.Len(), len(r.Body))
	}
}
