package boot_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// A word of the provider's about a payout that waits speaks against one person's cancel. Each
// answer on the way is one that openapi.yaml describes.
func TestAPayoutThatWasSpokenOfIsCancelledByTwo(t *testing.T) {
	l := begin(t, func(t *testing.T, now func() time.Time) payout.Store {
		store, err := localstore.Open(filepath.Join(t.TempDir(), "p.db"), localstore.WithClock(now), localstore.Unsynced())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	})
	l.answers("200", l.operate, "POST", "/v1/controls", "", ofDara, `{"reason": "because", "submissions": {"all": "held"}}`)
	l.pass(time.Minute) // every function has read it by then
	p, _, description := l.pay("R-spoken", vexora.Name, "0015")
	if p.Status != payout.Queued {
		t.Fatalf("%s while everything is held", p.Status)
	}
	l.callback(l.vexora, l.vexoraBody(string(p.ProviderReference()), "0099", "50000", description))
	const order = `{"reason": "ticket 4711"}`
	path := "/v1/payouts/" + string(p.ID) + "/cancel"
	l.answers("403 people-not-registered", l.operate, "POST", path, "", ofStranger, order)
	status, m := l.call(l.operate, "POST", path, "", ofDara, order)
	proposal, _ := m["proposal"].(map[string]any)
	if status != 202 || m["queued_reason"] != "spoken_of" || proposal["action"] != "cancel" || proposal["person"] != "Dara" {
		t.Fatalf("the first person's cancel: %d %v, proposal %v", status, m["queued_reason"], proposal)
	}
	if status, m := l.call(l.operate, "POST", path, "", ofBopha, order); status != 200 || m["status"] != "cancelled" {
		t.Errorf("the second person's cancel: %d %v", status, m["status"])
	}
}

// The pause of one caller's payouts names him where people look.
func TestTheControlsNameWhosePayoutsArePaused(t *testing.T) {
	d, h, _ := creating(t, unliked(takenByVexora, 200, `{"code":"8001","msg":"account","success":false,"timestamp":1}`), nil)
	for n := range 25 {
		create(t, h, ofStranger, wallet(fmt.Sprint("bad-", n), fmt.Sprint("666000", 10+n)))
	}
	operate, err := boot.Assemble(d, read[boot.OperateConfig](t, environment())).Operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	status, m, reply := orderAs(t, edge.NewOperate(operate), ofDara, "GET", "/v1/controls", "", "")
	pauses, _ := m["pauses"].([]any)
	if status != 200 || len(pauses) != 1 || pauses[0].(map[string]any)["created_by"] != ofStranger {
		t.Errorf("%d %s", status, reply.Body)
	}
}
