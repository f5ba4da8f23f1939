package boot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
)

// Whichever function starts first with RESTORED_AT tells the table, which remembers it when
// RESTORED_AT is taken away, and forgets it for no earlier time.
func TestTheTableRemembersARestoreThatAFunctionWasToldOf(t *testing.T) {
	at := time.Date(2026, 5, 16, 3, 0, 0, 0, time.UTC)
	restored := "RESTORED_AT=" + at.Format(time.RFC3339)
	documents := map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument}
	for name, start := range map[string]func(boot.Deployment, ...string) error{
		"create-payout": func(d boot.Deployment, env ...string) error {
			_, err := d.Creator(context.Background(), read[boot.CreateConfig](t, environment(env...)))
			return err
		},
		"operate-payout": func(d boot.Deployment, env ...string) error {
			_, err := d.Desk(context.Background(), read[boot.OperateConfig](t, environment(env...)))
			return err
		},
		"reconcile-payouts": func(d boot.Deployment, env ...string) error {
			_, err := d.Sweeper(context.Background(), read[boot.ReconcileConfig](t, environment(env...)))
			return err
		},
	} {
		d := deployment(t, documents)
		for _, env := range [][]string{{restored}, {}, {"RESTORED_AT=" + at.Add(-time.Hour).Format(time.RFC3339)}} {
			if err := start(d, env...); err != nil {
				t.Fatal(err)
			}
			if told, err := d.Store.RestoreRemembered(context.Background()); err != nil || !told.Equal(at) {
				t.Errorf("%s, %v: the table remembers %v: %v", name, env, told, err)
			}
		}
	}
}

// What lies ahead would be remembered for ever: the local time with a Z, say.
func TestARestoreInTheFutureIsRefused(t *testing.T) {
	d := deployment(t, map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument})
	ahead := time.Now().Add(7 * time.Hour).UTC().Format(time.RFC3339)
	_, err := d.Sweeper(context.Background(), read[boot.ReconcileConfig](t, environment("RESTORED_AT="+ahead)))
	if err == nil || !strings.Contains(err.Error(), "RESTORED_AT: "+ahead) {
		t.Errorf("%v", err)
	}
	if at, err := d.Store.RestoreRemembered(context.Background()); err != nil || !at.IsZero() {
		t.Errorf("%v is remembered: %v", at, err)
	}
}
