package edge_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// anyPerson registers everybody as one person.
type anyPerson struct{}

func (anyPerson) Who(context.Context, []payout.Principal) (payout.Person, error) { return "dara", nil }

// noSignals counts nothing.
type noSignals struct{ payout.Signals }

func (noSignals) Duplicate(context.Context, payout.Payout) {}

func (noSignals) Signal(context.Context, payout.Signal, payout.Provider, payout.ID) {}

// viewAfterStatement is everything that a reader sees of a payout to an account after one person
// sent a statement of a single line about it.
func viewAfterStatement(t *testing.T, account, file string) string {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 5, 17, 8, 0, 0, 0, time.UTC) }
	store, err := localstore.Open(filepath.Join(t.TempDir(), "payouts.db"), localstore.WithClock(now), localstore.Unsynced())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	p := some(t, payout.Unknown)
	p.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: account}
	p.Version, p.StatusAt, p.SubmittedAt, p.Sent, p.Fingerprint = 1, p.CreatedAt, p.CreatedAt, 1, "2.x"
	if err := store.Insert(t.Context(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	rows, err := statement.Parse([]byte(strings.NewReplacer("REFERENCE", string(p.ProviderReference()), "ACCOUNT", account).Replace(file)), wire.Statements()[vexora.Name])
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(account))
	importer := statement.NewImporter(store, payout.NewStatements(payout.NewReceiver(store, noSignals{}, payout.Policy{}), anyPerson{}, now), now)
	report, err := importer.Import(t.Context(), statement.File{
		Provider: vexora.Name, Hash: hex.EncodeToString(digest[:]), Rows: rows,
		By: "arn:aws:iam::111122223333:role/finance", Identities: []payout.Principal{"arn:aws:iam::111122223333:role/finance"},
	})
	if err != nil || !report.Awaiting {
		t.Fatalf("%+v, %v", report, err)
	}
	reply, err := edge.NewRead(edge.Reader{Library: store, Log: quiet, Now: now})(t.Context(), event("GET", "/v1/payouts/"+string(id), ""))
	if err != nil || reply.StatusCode != 200 || !strings.Contains(reply.Body, `"evidence":"`) {
		t.Fatalf("%d %s, %v", reply.StatusCode, reply.Body, err)
	}
	return reply.Body
}

// Six digits of a number are tried out in milliseconds. So nothing that a reader sees, hashes
// and names included, may differ between two accounts whose last four digits are the same.
func TestAReaderCannotTryOutTheAccountNumberOfAStatement(t *testing.T) {
	for name, file := range map[string]string{
		"a column that is not mapped": "tradeNo,platFormTradeNo,amount,currency,status,message,account\nREFERENCE,VX1,50000,KHR,00029,Failed,ACCOUNT\n",
		"in the message":              "tradeNo,platFormTradeNo,amount,currency,status,message\nREFERENCE,VX1,50000,KHR,00029,\"Account ACCOUNT, is closed\"\n",
		"with words around":           "name,tradeNo,amount,currency,status,message\nSophea ACCOUNT,REFERENCE,50000,KHR,00029,no.ACCOUNT/KHR\n",
	} {
		one, other := viewAfterStatement(t, "0014587711", file), viewAfterStatement(t, "9872347711", file)
		if one != other {
			t.Errorf("%s: a reader can tell two accounts apart\n%s\n%s", name, one, other)
		}
	}
}
