package boot_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/wire"
)

// counted is a source of secrets whose reads are counted, as Secrets Manager counts them.
type counted struct {
	secrets.Source
	reads atomic.Int64
}

func (c *counted) Current(ctx context.Context, name string) (secrets.Version, error) {
	c.reads.Add(1)
	return c.Source.Current(ctx, name)
}

func (c *counted) Previous(ctx context.Context, name string) (secrets.Version, bool, error) {
	c.reads.Add(1)
	return c.Source.Previous(ctx, name)
}

// What a stranger's bad signatures cost at Secrets Manager is what docs/threat-model.md says: a
// process reads the secret again every five seconds at most.
func TestBadSignaturesHaveTheSecretReadEveryFiveSecondsAtMost(t *testing.T) {
	for state, held := range map[string]struct {
		documents map[string]string
		status    int
	}{
		"filled":     {map[string]string{"monetix": monetixDocument}, 401},
		"never used": {map[string]string{"monetix": `{"placeholder": "fill me"}`}, 503},
		"unreadable": {nil, 503},
	} {
		at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
		now := func() time.Time { return at }
		source := &counted{Source: secrets.NewStaticSource(held.documents, now)}
		d := wire.Parts{Store: noStore{}, Secrets: source, Log: slog.New(slog.DiscardHandler), Now: now}
		callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(t.Context(), monetix.Provider)
		if err != nil {
			t.Fatal(err)
		}
		b := doorbell{handler: edge.NewCallback(callback)}
		for n := range 7200 {
			if status := b.post(t, `{"project_id":1234,"payment":{"id":"x","status":"success"},"signature":"`+base64.StdEncoding.EncodeToString(make([]byte, 64))+`"}`); status != held.status {
				t.Fatalf("%s: status %d", state, status)
			}
			at = at.Add(time.Duration(n%2) * time.Second)
		}
		if n := source.reads.Load(); n < 100 || n > 1440+10 {
			t.Errorf("%s: %d reads in an hour", state, n)
		}
		t.Logf("%s: %d reads in an hour of two bad signatures a second", state, source.reads.Load())
	}
}
