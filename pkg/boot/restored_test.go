package boot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// Whichever function starts first with RESTORED_AT tells the table, which remembers it when
// RESTORED_AT is taken away, and forgets it for no earlier time.
func TestTheTableRemembersARestoreThatAFunctionWasToldOf(t *testing.T) {
	at := time.Date(2026, 5, 16, 3, 0, 0, 0, time.UTC)
	restored := "RESTORED_AT=" + at.Format(time.RFC3339)
	documents := map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument}
	for name, start := range map[string]func(wire.Parts, ...string) error{
		"create-payout": func(d wire.Parts, env ...string) error {
			_, err := boot.Assemble(d, read[boot.CreateConfig](t, environment(env...))).Creator(context.Background())
			return err
		},
		"operate-payout": func(d wire.Parts, env ...string) error {
			_, err := boot.Assemble(d, read[boot.OperateConfig](t, environment(env...))).Operator(context.Background())
			return err
		},
		"reconcile-payouts": func(d wire.Parts, env ...string) error {
			_, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment(env...))).Sweeper(context.Background())
			return err
		},
	} {
		d := deployment(t, documents)
		for _, env := range [][]string{{restored}, {}, {"RESTORED_AT=" + at.Add(-time.Hour).Format(time.RFC3339)}} {
			if err := start(d, env...); err != nil {
				t.Fatal(err)
			}
			if shared, err := d.Store.Shared(context.Background()); err != nil || !shared.RestoredAt.Equal(at) {
				t.Errorf("%s, %v: the table remembers %v: %v", name, env, shared.RestoredAt, err)
			}
		}
	}
}

// What lies ahead would be remembered for ever: the local time with a Z, say.
func TestARestoreInTheFutureIsRefused(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	ahead := time.Now().Add(7 * time.Hour).UTC().Format(time.RFC3339)
	_, err := boot.Assemble(d, read[boot.ReconcileConfig](t, environment("RESTORED_AT="+ahead))).Sweeper(context.Background())
	if err == nil || !strings.Contains(err.Error(), "RESTORED_AT: "+ahead) {
		t.Errorf("%v", err)
	}
	if shared, err := d.Store.Shared(context.Background()); err != nil || !shared.RestoredAt.IsZero() {
		t.Errorf("%v is remembered: %v", shared.RestoredAt, err)
	}
}

// Callback functions write nothing about a restore. Until another function has told the table, they
// know it by the parameter, which every function is given.
func TestACallbackFunctionKnowsOfARestoreBeforeTheTableDoes(t *testing.T) {
	at := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	most, err := money.Parse("50000", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	for variable, want := range map[string]payout.Verdict{"RESTORED_AT=": payout.Applied, "RESTORED_AT=" + at: payout.Unbelieved} {
		d := deployment(t, map[string]string{"vexora": vexoraDocument})
		p := payout.Payout{ID: payout.DeriveID("dev", "R1"), Provider: vexora.Name, Attempt: payout.FirstAttempt, Status: payout.Processing, Amount: most, CreatedAt: time.Now(), UpdatedAt: time.Now(), StatusAt: time.Now(), Sent: 1, Version: 1, Reference: "R1", Fingerprint: "1.x"}
		if err := d.Store.Insert(context.Background(), p, payout.Whenever); err != nil {
			t.Fatal(err)
		}
		c, err := boot.ReadCallback(vexora.Provider, environment(variable))
		if err != nil {
			t.Fatal(err)
		}
		callback, err := boot.Assemble(d, c).Callback(context.Background(), vexora.Provider)
		if err != nil {
			t.Fatal(err)
		}
		verdict, err := callback.Receiver.Receive(context.Background(), payout.Claim{
			Source: payout.FromCallback, Provider: vexora.Name, Reference: string(p.ProviderReference()), Finding: payout.FoundSucceeded,
			Amounts: []money.Amount{most}, Raw: []byte("{}"), At: time.Now(),
		})
		if err != nil || verdict != want {
			t.Errorf("%s: %q, %v", variable, verdict, err)
		}
	}
}
