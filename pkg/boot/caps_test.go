package boot_test

import (
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/payout"
)

// A cap of the stack that is lowered while a payout waits holds it in every function that
// submits, not only in the one that creates payouts.
func TestALoweredCapHoldsInEveryFunctionThatSubmits(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	now := time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)
	d.Now = func() time.Time { return now }
	creator, err := boot.Assemble(d, read[boot.CreateConfig](t, environment("PAUSED_PROVIDERS=vexora,monetix"))).Creator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	created, err := creator.Create(t.Context(), payout.Draft{
		Reference: "R1", Amount: "50000", Currency: "KHR",
		Destination: payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: "1234567890"},
		Beneficiary: payout.Beneficiary{ID: "c", FirstName: "A", LastName: "B", Email: "a@example.com", Phone: "12345678", IPAddress: "::1"},
	}, "arn:aws:iam::111122223333:role/payroll")
	if err != nil || created.Payout.Status != payout.Queued {
		t.Fatal(created.Payout.Status, err)
	}
	now = now.Add(10 * time.Minute)
	lowered := environment("MAX_AMOUNT_KHR=49999")
	sweeper, err := boot.Assemble(d, read[boot.ReconcileConfig](t, lowered)).Sweeper(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := created.Payout.ID
	if _, err := sweeper.Sweep(t.Context(), id.Shard()); err != nil {
		t.Fatal(err)
	}
	if p, err := d.Store.Get(t.Context(), id); err != nil || p.Status != payout.Queued || p.QueuedReason != payout.QueuedHeld || p.Sent != 0 {
		t.Errorf("the sweep: %s %s, sent %d times, %v", p.Status, p.QueuedReason, p.Sent, err)
	}
	operate, err := boot.Assemble(d, read[boot.OperateConfig](t, lowered)).Operator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = operate.Operator.Resend(t.Context(), payout.Order{ID: id, By: "arn:aws:iam::111122223333:role/finance", Reason: "checked"})
	if refused, ok := err.(*payout.OrderRefused); !ok || refused.Problem != payout.OrderPaused {
		t.Errorf("a resend: %v", err)
	}
}
