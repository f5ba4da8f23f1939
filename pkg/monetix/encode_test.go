package monetix_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/wire"
)

func directory(t *testing.T) bank.Directory {
	t.Helper()
	d, err := wire.Banks(nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newClient(t *testing.T, k monetix.Keys, callback string) *monetix.Client {
	t.Helper()
	c, err := monetix.NewClient(monetix.Options{Keys: k, Banks: directory(t), CallbackURL: callback, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// gate is a server that answers every request alike and remembers them.
type gate struct {
	*httptest.Server
	status int
	answer string
	paths  []string
	bodies [][]byte
}

func newGate(t *testing.T, status int, answer string) *gate {
	t.Helper()
	g := &gate{status: status, answer: answer}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		g.paths, g.bodies = append(g.paths, r.URL.Path), append(g.bodies, body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(g.status)
		_, _ = io.WriteString(w, g.answer)
	}))
	t.Cleanup(g.Close)
	return g
}

// send submits a payout and returns the claim.
func (g *gate) send(t *testing.T, p payout.Payout) payout.Claim {
	t.Helper()
	s, found, err := newClient(t, testKeys(t, g.URL+"/base"), "").Prepare(context.Background(), p)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	defer s.Close()
	return s.Send(context.Background())
}

func TestTheRequestIsThePagesOwnExample(t *testing.T) {
	g := newGate(t, 200, `{}`)
	p := example(t)
	g.send(t, p)
	if len(g.paths) != 1 || g.paths[0] != "/base/v2/payment/banks/cambodia/payout" {
		t.Fatalf("paths %v", g.paths)
	}
	golden, err := os.ReadFile("testdata/seed_request.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]map[string]any
	for raw, into := range map[string]*map[string]map[string]any{string(golden): &want, string(g.bodies[0]): &got} {
		decoder := json.NewDecoder(strings.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	if got["general"]["payment_id"] != string(p.ProviderReference()) {
		t.Errorf("payment_id %v", got["general"]["payment_id"])
	}
	// Signature and reference are ours; everything else is the page's.
	for _, mine := range []string{"payment_id", "signature"} {
		delete(want["general"], mine)
		delete(got["general"], mine)
	}
	for object := range want {
		if !maps.Equal(want[object], got[object]) {
			t.Errorf("%s: %v, the page has %v", object, got[object], want[object])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d objects, the page has %d", len(got), len(want))
	}
}

func TestTheSignatureCoversTheBytesThatAreSent(t *testing.T) {
	g := newGate(t, 200, `{}`)
	p := example(t)
	p.Beneficiary.FirstName, p.Description = "ចាន់ & <Sophea>", "ប្រាក់ខែ: 1"
	g.send(t, p)
	tree, err := jsontree.Parse(g.bodies[0], jsontree.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	v, _ := tree.Path("general", "signature")
	signature, _ := v.Text()
	if signature != monetix.Sign(tree, secrets.New(testSecret)) {
		t.Error("the signature is of another body")
	}
}

func TestLargeAmountsAndOptionalMembers(t *testing.T) {
	g := newGate(t, 200, `{}`)
	p := example(t)
	p.Amount, _ = money.Parse("60000000.00", money.KHR) // more than 32 bits in minor units
	p.Destination.Branch, p.Destination.City, p.Destination.Province = "", "", ""
	p.Description = "May salary"
	c := newClient(t, testKeys(t, g.URL), "https://merchant.example.com/monetix")
	s, found, err := c.Prepare(context.Background(), p)
	if err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	s.Send(context.Background())
	body := string(g.bodies[0])
	for _, want := range []string{`"amount":6000000000,`, `"description":"May salary"`, `"merchant_callback_url":"https://merchant.example.com/monetix"`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
	for _, absent := range []string{"branch", "city", "province", "null"} {
		if strings.Contains(body, absent) {
			t.Errorf("%s is in %s", absent, body)
		}
	}
}

func TestWhatMonetixCannotExpressIsAFaultAtItsPlace(t *testing.T) {
	for pointer, change := range map[string]func(*payout.Payout){
		"/destination/type": func(p *payout.Payout) {
			p.Destination = payout.Destination{Type: payout.WalletDestination, Wallet: "LANTON"}
		},
		"/destination/bank":       func(p *payout.Payout) { p.Destination.Bank = "canadia" }, // known, not enabled
		"/beneficiary/id":         func(p *payout.Payout) { p.Beneficiary.ID = "" },
		"/beneficiary/ip_address": func(p *payout.Payout) { p.Beneficiary.IPAddress = "" },
		"/beneficiary/phone":      func(p *payout.Payout) { p.Beneficiary.Phone = "123" },
		"/beneficiary/first_name": func(p *payout.Payout) { p.Beneficiary.FirstName = "A;payment:amount:1" },
		"/destination/city":       func(p *payout.Payout) { p.Destination.City = "x\ny" },
		"/description":            func(p *payout.Payout) { p.Description = "a;b" },
	} {
		p := example(t)
		change(&p)
		c := newClient(t, testKeys(t, "https://gate.example.com"), "")
		built, found, err := c.Prepare(context.Background(), p)
		if err != nil || len(found) != 1 || found[0].Pointer != pointer {
			t.Errorf("%s: %v, %v", pointer, found, err)
		}
		if built != nil {
			t.Errorf("%s: a request was built all the same", pointer)
		}
	}
}

// Monetix takes 4 to 24 digits and no plus, of whatever country: a foreign number keeps its
// code, and a number that has none is local.
func TestAForeignPhoneKeepsItsCountryCode(t *testing.T) {
	for written, want := range map[string]string{
		"+66 81 234 5678": "66812345678", "0066812345678": "66812345678", "+855 12 345 678": "12345678", "012 345 678": "12345678",
	} {
		g, p := newGate(t, 200, `{}`), example(t)
		p.Beneficiary.Phone = written
		g.send(t, p)
		if !strings.Contains(string(g.bodies[0]), `"phone":"`+want+`"`) {
			t.Errorf("%s is sent in %s", written, g.bodies[0])
		}
	}
	p := example(t)
	p.Beneficiary.Phone = "+012345678" // no country has this code
	if _, found, err := newClient(t, testKeys(t, "https://gate.example.com"), "").Prepare(context.Background(), p); err != nil || len(found) != 1 || found[0].Pointer != "/beneficiary/phone" {
		t.Errorf("%v, %v", found, err)
	}
}

func TestACallbackAddressMustBeHTTPSAndFit(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1/cb", "merchant.example.com", "https://" + strings.Repeat("x", 255)} {
		_, found, err := newClient(t, testKeys(t, "https://gate.example.com"), address).Prepare(context.Background(), example(t))
		if err != nil || len(found) != 1 || found[0].Code != payout.ProviderNotConfigured {
			t.Errorf("%s: %v, %v", address, found, err)
		}
	}
}

func TestServesAsksForBankAndCredentialsOnly(t *testing.T) {
	p := example(t)
	p.Beneficiary = payout.Beneficiary{}
	if found, err := newClient(t, testKeys(t, "https://gate.example.com"), "").Serves(context.Background(), p); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
	none := &keys{err: monetix.ErrNotConfigured}
	found, err := newClient(t, none, "").Serves(context.Background(), p)
	if err != nil || len(found) != 1 || found[0].Code != payout.ProviderNotConfigured {
		t.Errorf("%v, %v", found, err)
	}
}
