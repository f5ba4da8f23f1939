package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/secrets"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// The phases of a payout that goes well, in order, and what is done beside. A phase is a row of
// the page. What happens in preparing is charged to nobody, and neither is what the program
// itself has to look at.
const (
	creating   phase = "create: fence, submit, record"
	calling    phase = "callback: one guarded update"
	telling    phase = "notify-merchant: lease, publish, note; twice"
	confirming phase = "sweep: the status query that confirms a callback"
	forgetting phase = "sweep: personal data goes, after a year"
	replaying  phase = "the same request again (a replay)"
	reading    phase = "GET of one payout"
	feeding    phase = "GET of the feed, per event"
	idling     phase = "a sweep that finds nothing"
	bursting   phase = "notify-merchant in a burst: eight processes, each payout twice"
	preparing  phase = "" // counted for nobody
)

// sample is how many payouts of each provider are run; all of them are alike. More would change
// nothing but the time that it takes, since each phase is divided by its payouts.
const sample = 8

// crowd is how many processes of notify-merchant tell of a burst side by side. The template reads
// each of the stream's shards with two processes (ParallelizationFactor), so that a burst has
// several at work. Each of them takes its numbers of the feed by trying (decision 0012), so that
// the price of a burst is the price of numbers lost to others.
const crowd = 8

// crowdTells is of how many payouts each of them tells.
const crowdTells = 16

// usage is what was counted for the sample.
type usage struct {
	used   map[phase]*units
	per    map[phase]int64 // what the counts are to be divided by
	stored int             // bytes of a usual finished item
}

// The sandbox signs with these keys and the functions verify with them, so that callbacks are
// priced with their verification.
const (
	vexoraKey  = "cost-vexora-key"
	monetixKey = "cost-monetix-key"
	webhookKey = "whsec_Y29zdC13ZWJob29rLWtleS1vbmUtbWFjaGluZQ=="
)

// bench is a deployment whose table counts. It is the wiring of the functions over a table on the
// wire, with the sandbox in the providers' place and a clock of its own. So nothing is estimated
// that can be counted.
type bench struct {
	meter    *meter
	store    *dynamo.Store
	clock    atomic.Int64
	sandbox  *sandbox.Sandbox
	creator  *payout.Creator
	sweep    edge.SweepHandler
	notifier *payout.Notifier
	crowd    []*payout.Notifier
	table    string
	called   chan struct{} // a callback was answered
	told     chan struct{} // the merchant was told of the create, so that the callback may come
	closers  []func()
}

// now and pass are the clock of the bench. A year passes in a run, so that nothing may wait by
// the machine's.
func (b *bench) now() time.Time       { return time.UnixMilli(b.clock.Load()).UTC() }
func (b *bench) pass(d time.Duration) { b.clock.Add(d.Milliseconds()) }
func (b *bench) close() {
	for _, c := range b.closers {
		c()
	}
}

// newBench makes a table of that name, and all functions over it. A bench that could not be made
// closes what it had opened.
func newBench(ctx context.Context, endpoint, table string) (*bench, error) {
	b := &bench{table: table, called: make(chan struct{}, crowd*crowdTells), told: make(chan struct{})}
	b.clock.Store(time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC).UnixMilli())
	if err := b.open(ctx, endpoint); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// measure counts a quiet run and a burst, each over a table of its own, so that neither finds the
// other's entries in the feed.
func measure(ctx context.Context, endpoint string) (usage, error) {
	quiet, err := newBench(ctx, endpoint, "cost")
	if err != nil {
		return usage{}, err
	}
	defer quiet.close()
	counted, err := quiet.quiet(ctx)
	if err != nil {
		return usage{}, err
	}
	busy, err := newBench(ctx, endpoint, "cost-burst")
	if err != nil {
		return usage{}, err
	}
	defer busy.close()
	if err := busy.burst(ctx); err != nil {
		return usage{}, err
	}
	counted.used[bursting], counted.per[bursting] = busy.meter.used[bursting], crowd*crowdTells
	return counted, nil
}

// burst has many payouts told of by many processes at one time, which take numbers of the
// feed from each other. The creates are charged to nobody, since the quiet run has counted
// theirs. The millisecond between them keeps due times apart, as in life.
func (b *bench) burst(ctx context.Context) error {
	// Each process gets every eighth payout, so that all of them work on all shards of the feed.
	ids := make([][]payout.ID, crowd)
	for n := range crowd * crowdTells {
		created, err := b.creator.Create(during(ctx, preparing), draft(n), "payroll")
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		ids[n%crowd] = append(ids[n%crowd], created.Payout.ID)
		b.pass(time.Millisecond)
	}
	if err := b.tellTogether(ctx, ids); err != nil {
		return err
	}
	for range crowd * crowdTells {
		b.told <- struct{}{}
		if err := b.wait(); err != nil {
			return err
		}
	}
	return b.tellTogether(ctx, ids)
}

// tellTogether has each process tell of its payouts, one request in turn with the others. What a
// process loses to others would depend on the machine without turns, and the page could not be
// compared with the last one.
func (b *bench) tellTogether(ctx context.Context, ids [][]payout.ID) error {
	// The first error ends nothing: each process leaves its seat when it is done, or the others
	// would wait for it.
	group, turns := new(errgroup.Group), newTurns(len(ids))
	for n, own := range ids {
		group.Go(func() error {
			defer turns.leave(n)
			for _, id := range own {
				if err := b.crowd[n].Notify(turns.seat(during(ctx, bursting), n), id); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// quiet has payouts one after another. The order is that of a payout which goes well: create,
// tell, callback, tell again. The replay and the reading come after it, so that they meet an item
// of full size.
func (b *bench) quiet(ctx context.Context) (usage, error) {
	var ids []payout.ID
	for n := range 2 * sample {
		created, err := b.creator.Create(during(ctx, creating), draft(n), "payroll")
		if err != nil {
			return usage{}, fmt.Errorf("create: %w", err)
		}
		ids = append(ids, created.Payout.ID)
		b.pass(20 * time.Millisecond) // or due times would agree by chance; a busy process looks at the shared state once in many
		if err := b.notifier.Notify(during(ctx, telling), created.Payout.ID); err != nil {
			return usage{}, err
		}
		// The first round of telling is over, and its item is written: from here on the callback
		// may come.
		b.told <- struct{}{}
		if err := b.wait(); err != nil {
			return usage{}, err
		}
		if err := b.notifier.Notify(during(ctx, telling), created.Payout.ID); err != nil {
			return usage{}, err
		}
		b.pass(20 * time.Millisecond)
		if _, err := b.creator.Create(during(ctx, replaying), draft(n), "payroll"); err != nil {
			return usage{}, err
		}
		if _, err := b.store.Get(during(ctx, reading), created.Payout.ID); err != nil {
			return usage{}, err
		}
	}
	return b.finish(ctx, ids)
}

// finish lets time pass until nothing is due any more. Six minutes bring the status query that
// confirms a callback's end, an hour an idle sweep, a year and some days the redaction. The
// payouts are checked at the end: a sample that went wrong would have a price, too, and nobody
// would see it in the sum.
func (b *bench) finish(ctx context.Context, ids []payout.ID) (usage, error) {
	if _, err := b.store.ReadFeed(during(ctx, feeding), payout.Position{}, 100); err != nil {
		return usage{}, err
	}
	for _, step := range []struct {
		after time.Duration
		phase phase
	}{{6 * time.Minute, confirming}, {time.Hour, idling}, {370 * 24 * time.Hour, forgetting}} {
		b.pass(step.after)
		if _, err := b.sweep(during(ctx, step.phase), nil); err != nil {
			return usage{}, err
		}
	}
	// A page of the feed is divided by its entries' events, three of each payout; the idle sweep
	// is one sweep.
	payouts := int64(len(ids))
	u := usage{used: b.meter.used, per: map[phase]int64{
		creating: payouts, calling: payouts, telling: payouts, confirming: payouts, forgetting: payouts,
		replaying: payouts, reading: payouts, feeding: 3 * payouts, idling: 1,
	}}
	for _, id := range ids {
		p, err := b.store.Get(during(ctx, "checking"), id)
		if err != nil {
			return usage{}, err
		}
		// Three events, as of any payout that goes well: created, processing, succeeded. One more
		// would be told and paid for.
		if p.Status != payout.Succeeded || !p.DueAt.IsZero() || p.RedactedAt.IsZero() || len(p.Events()) != 3 || p.Notice.Tried != 3 {
			return usage{}, fmt.Errorf("the sample did not go well: %s is %s, due %v", id, p.Status, p.DueAt)
		}
	}
	// The largest item of that phase is a payout that has ended and was told, and still has its
	// personal data.
	u.stored = b.meter.used[telling].largest
	return u, nil
}

// wait returns when the sandbox's callback was answered. A callback that does not come is a fault
// of the bench, and ends the run.
func (b *bench) wait() error {
	select {
	case <-b.called:
		return nil
	case <-time.After(10 * time.Second):
		return errors.New("no callback came")
	}
}

// open makes a table and all functions over it. Keys and indexes are those of dynamo.TableSchema,
// so that an index which is added there has its price on the page.
func (b *bench) open(ctx context.Context, endpoint string) error {
	client := dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(endpoint), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
	if _, err := client.CreateTable(ctx, dynamo.TableSchema(b.table)); err != nil {
		return fmt.Errorf("make a table: %w", err)
	}
	b.closers = append(b.closers, func() {
		_, _ = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(b.table)})
	})
	// The table is made and deleted past the meter: that is no payout's cost.
	b.meter = &meter{API: client, used: map[phase]*units{}}
	b.store = dynamo.New(b.meter, b.table)
	// The merchant takes every event at once: what has to be told again would be charged to the
	// telling.
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	callbacks := http.NewServeMux()
	urls := httptest.NewServer(callbacks)
	// The sandbox is the provider, with its own ledger and its own signatures (decision 0006).
	var err error
	b.sandbox, err = sandbox.New(sandbox.Config{
		VexoraAccounts: map[string]sandbox.VexoraAccount{"cambodia": {MerchantNo: "1", Secret: vexoraKey, Currency: "KHR"}},
		Monetix:        sandbox.MonetixProject{ProjectID: 1234, Secret: monetixKey}, CallbackDelay: 20 * time.Millisecond, Now: b.now,
	})
	if err != nil {
		return err
	}
	providers := httptest.NewServer(b.sandbox.Handler())
	b.closers = append(b.closers, merchant.Close, urls.Close, providers.Close, func() { _ = b.sandbox.Close(ctx) })
	// Keys and addresses stand in documents as in Secrets Manager, so that the functions read
	// them by their own code.
	documents := map[string]string{
		"vexora":    fmt.Sprintf(`{"KHR": {"base_url": "%s/vexora/cambodia", "merchant_no": "1", "app_secret": %q}}`, providers.URL, vexoraKey),
		"monetix":   fmt.Sprintf(`{"base_url": "%s/monetix", "project_id": 1234, "secret_key": %q}`, providers.URL, monetixKey),
		"stack-key": "a key of hashes over personal data, for counting",
		"webhook":   fmt.Sprintf(`{"url": "%s/", "secret": %q}`, merchant.URL, webhookKey),
	}
	parts := wire.Parts{Store: b.store, Secrets: secrets.NewStaticSource(documents, b.now), Log: slog.New(slog.DiscardHandler), Now: b.now}
	return b.functions(during(ctx, "starting"), parts, callbacks, urls.URL)
}

// functions wires what a deployment has, from variables as a deployment gives them. DEV_INSECURE
// allows plain HTTP to this machine.
func (b *bench) functions(ctx context.Context, parts wire.Parts, callbacks *http.ServeMux, urls string) error {
	env := map[string]string{
		"TABLE_NAME": b.table, "ID_NAMESPACE": "cost", "DEV_INSECURE": "1",
		"VEXORA_SECRET_ID": "vexora", "MONETIX_SECRET_ID": "monetix", "WEBHOOK_SECRET_ID": "webhook", "STACK_KEY_SECRET_ID": "stack-key",
		"VEXORA_CALLBACK_URL": urls + "/vexora", "MONETIX_CALLBACK_URL": urls + "/monetix",
	}
	create, err1 := boot.Read[boot.CreateConfig](env)
	reconcile, err2 := boot.Read[boot.ReconcileConfig](env)
	notify, err3 := boot.Read[boot.NotifyConfig](env)
	fromVexora, err4 := boot.ReadCallback(vexora.Provider, env)
	fromMonetix, err5 := boot.ReadCallback(monetix.Provider, env)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	b.creator, err1 = boot.Assemble(parts, create).Creator(ctx)
	sweeper, err2 := boot.Assemble(parts, reconcile).Sweeper(ctx)
	b.notifier, err3 = boot.Assemble(parts, notify).Notifier()
	for range crowd {
		process := parts
		process.Store = dynamo.New(b.meter, b.table) // each knows only what it has seen itself
		notifier, err := boot.Assemble(process, notify).Notifier()
		b.crowd, err3 = append(b.crowd, notifier), errors.Join(err3, err)
	}
	ofVexora, err4 := boot.Assemble(parts, fromVexora).Callback(ctx, vexora.Provider)
	ofMonetix, err5 := boot.Assemble(parts, fromMonetix).Callback(ctx, monetix.Provider)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	b.sweep = edge.NewSweep(sweeper, parts.Log)
	callbacks.Handle("/vexora", b.url(edge.NewCallback(ofVexora)))
	callbacks.Handle("/monetix", b.url(edge.NewCallback(ofMonetix)))
	return nil
}

// url is a function URL.
func (b *bench) url(handler edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		<-b.told // how much is told at once would depend on how busy the machine is
		raw, _ := io.ReadAll(r.Body)
		e := edge.Event{RawPath: "/", Body: string(raw)}
		e.RequestContext.HTTP.Method = r.Method
		reply, err := handler(during(r.Context(), calling), e)
		if err != nil {
			reply.StatusCode = http.StatusInternalServerError
		}
		w.WriteHeader(reply.StatusCode)
		_, _ = io.WriteString(w, reply.Body)
		if reply.StatusCode == http.StatusOK {
			b.called <- struct{}{}
		}
	}
}

// draft is the nth payout, with names and numbers of usual length: what an item costs hangs on
// its bytes.
func draft(n int) payout.Draft {
	d := payout.Draft{
		Reference: payout.Reference(fmt.Sprintf("KHPO202605160%03d", n)), Provider: vexora.Name, Amount: "50000", Currency: "KHR",
		Destination: payout.Destination{Type: payout.WalletDestination, Wallet: payout.Lanton, AccountID: fmt.Sprint("lanton_88990", 100+n), AccountNumber: fmt.Sprint("88990", 100+n)},
		Beneficiary: payout.Beneficiary{ID: "customer_123", FirstName: "Sophea", LastName: "Chan", Email: "sophea.chan@example.com", Phone: "+855 12 345 678", IPAddress: "198.51.100.47"},
		Description: "May salary",
	}
	if n%2 == 0 {
		d.Provider = monetix.Name
		d.Destination = payout.Destination{Type: payout.BankDestination, Bank: "wing", AccountNumber: fmt.Sprint("1234567", 100+n)}
	}
	return d
}
