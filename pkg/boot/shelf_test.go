package boot_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// shelf is a store in memory for one test that needs many payouts. A write means what the
// domain's own Guard and Change say, as in every store.
type shelf struct {
	noStore
	items   map[payout.ID]payout.Payout
	orphans map[string]payout.Orphaned
}

func newShelf() *shelf {
	return &shelf{items: map[payout.ID]payout.Payout{}, orphans: map[string]payout.Orphaned{}}
}

func (s *shelf) Insert(_ context.Context, p payout.Payout, _ time.Time) error {
	if old, taken := s.items[p.ID]; taken {
		return &payout.Refused{Current: &old}
	}
	s.items[p.ID] = p
	return nil
}

func (s *shelf) Apply(_ context.Context, step payout.Step) (payout.Payout, error) {
	old, there := s.items[step.ID]
	if !there {
		return payout.Payout{}, &payout.Refused{}
	}
	if !step.When.Holds(old) {
		return payout.Payout{}, &payout.Refused{Current: &old}
	}
	s.items[step.ID] = step.Then.Apply(old)
	return s.items[step.ID], nil
}

func (s *shelf) Get(_ context.Context, id payout.ID) (payout.Payout, error) {
	p, there := s.items[id]
	if !there {
		return payout.Payout{}, payout.ErrNotFound
	}
	return p, nil
}

func (s *shelf) KeepOrphan(_ context.Context, o payout.Orphaned) (bool, error) {
	_, there := s.orphans[o.Key]
	s.orphans[o.Key] = o
	return !there, nil
}

// callbacks are both wired callback functions over one store, under settings of Monetix'.
func callbacks(t testing.TB, store payout.Store, settings ...string) map[payout.Provider]edge.Handler {
	t.Helper()
	d := wire.Parts{
		Store: store, Log: slog.New(slog.DiscardHandler),
		Secrets: secrets.NewStaticSource(map[string]string{"vexora": vexoraDocument, "monetix": monetixDocument}, nil),
	}
	storage := boot.Storage{Namespace: "dev"}
	ofVexora, err := boot.Assemble(d, boot.CallbackConfig{Provider: vexora.Provider, Storage: storage, SecretID: "vexora"}).Callback(context.Background(), vexora.Provider)
	if err != nil {
		t.Fatal(err)
	}
	ofMonetix, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider,
		Storage: storage, SecretID: "monetix", Settings: boot.Settings{Of: map[payout.Provider][]byte{monetix.Name: []byte(strings.Join(settings, ""))}},
	}).Callback(context.Background(), monetix.Provider)
	if err != nil {
		t.Fatal(err)
	}
	return map[payout.Provider]edge.Handler{vexora.Name: edge.NewCallback(ofVexora), monetix.Name: edge.NewCallback(ofMonetix)}
}

// post delivers one body.
func post(t testing.TB, h edge.Handler, body string) int {
	t.Helper()
	e := edge.Event{RawPath: "/", Body: body}
	e.RequestContext.HTTP.Method = "POST"
	reply, err := h(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode
}
