package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/localstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/receiver"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/telemetry"
	"cambodia-payouts/pkg/wire"
)

// firstQuery is when the sweep asks about a payout that nobody called back
// about. On AWS it is 90 s; here somebody is waiting to see it, and 12 s lie
// behind the ten that Monetix asks for before a status query.
const firstQuery = 12 * time.Second

// sweepEvery is the scheduler's period; on AWS it is a minute. Two seconds, since somebody watches.
const sweepEvery = 2 * time.Second

// sweepLimit is the time limit of one sweep, as the template sets it. It is the same, so that a
// sweep that would be cut off there is cut off here.
const sweepLimit = 55 * time.Second

// localCaller is who signed a request that names nobody, as far as the handlers
// know. He is not in the register of people.
const (
	localUsers  = "arn:aws:iam::000000000000:user/"
	localCaller = localUsers + "local"
)

// workspace is where one local run lives. The listeners come in open, so that a test can take any
// free port.
type workspace struct {
	folder           string
	front, providers net.Listener
	out              io.Writer
}

// service is everything that one local run consists of. A member is nil until open has made it, and
// close takes that for "never opened".
type service struct {
	workspace
	store   *localstore.Store
	log     *os.File
	sandbox *sandbox.Sandbox
	api     http.Handler
	sweep   edge.SweepHandler
	// The merchant's side, and what tells it.
	merchant http.Handler
	told     merchant
	notify   edge.StreamHandler
	news     chan events.DynamoDBEventRecord
}

// open builds the service from what the folder holds. What was opened before an error is closed
// again; the listeners are the caller's to close.
func open(ctx context.Context, at workspace) (_ *service, err error) {
	s := &service{workspace: at}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	env := environment(s.address())
	// Nothing is open yet: a level that is misspelt leaves no new folder behind.
	level, err := configured(env, func(c boot.ReadConfig) (slog.Level, error) { return c.LogLevel, nil })
	if err != nil {
		return nil, err
	}
	if s.told, err = merchantFrom(s.sandboxAddress()); err != nil {
		return nil, err
	}
	key, err := s.openFolder()
	if err != nil {
		return nil, err
	}
	// A thousand is more than a person makes at once; the sweep finds the rest.
	s.news = make(chan events.DynamoDBEventRecord, 1000)
	shown := &printer{Store: s.store, out: at.out, news: s.news}
	parts := wire.Parts{Store: shown, Secrets: documents(s.sandboxAddress(), key, s.told), Log: telemetry.NewLogger(s.log, level)}
	for _, name := range ignored() {
		_, _ = fmt.Fprintf(at.out, "%s is set, and has no effect on a local run\n", name)
	}
	if s.merchant, err = receiver.New(shown.heard, webhookKey); err != nil {
		return nil, err
	}
	err = s.wire(ctx, parts, env)
	return s, err
}

// openFolder opens what the folder holds, and returns the stack's key. The key comes first: what a
// store holds can be compared by its own key alone. The folder is the owner's alone: it holds names
// and account numbers.
func (s *service) openFolder() (key string, err error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	key, err = readStackKey(s.folder)
	if err == nil {
		_, err = payout.NewStackKey(key)
	}
	if err != nil {
		return "", unusable(s.folder, keyName, err)
	}
	if s.store, err = localstore.Open(filepath.Join(s.folder, storeName), localstore.WithClock(time.Now)); err != nil {
		return "", unusable(s.folder, storeName, err)
	}
	if s.log, err = os.OpenFile(filepath.Join(s.folder, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return "", fmt.Errorf("open the log: %w", err)
	}
	if s.sandbox, err = newSandbox(s.folder); err != nil {
		return "", unusable(s.folder, ledgerName, err)
	}
	return key, nil
}

// wire builds the functions. It does what the functions' own starts do, over the same
// configurations, so that each sees only the variables that it would see on AWS.
func (s *service) wire(ctx context.Context, parts wire.Parts, env map[string]string) (err error) {
	if s.api, err = routes(ctx, parts, env); err != nil {
		return err
	}
	sweeper, err := configured(env, func(c boot.ReconcileConfig) (*payout.Sweeper, error) { return boot.Assemble(parts, c).Sweeper(ctx) })
	if err != nil {
		return err
	}
	s.sweep = edge.NewSweep(sweeper, parts.Log)
	notifier, err := configured(env, func(c boot.NotifyConfig) (edge.Notify, error) { return boot.Assemble(parts, c).Notify() })
	s.notify = edge.NewNotify(notifier)
	return err
}

// The addresses are those of the open listeners, so that a port that the system chose is known.
func (s workspace) address() string        { return "http://" + s.front.Addr().String() }
func (s workspace) sandboxAddress() string { return "http://" + s.providers.Addr().String() }

// routes builds every function's handler, as the functions' main packages do, and
// puts them where the template's routes are. The faults of the functions are gathered, so that
// whoever mends the environment does it once.
func routes(ctx context.Context, parts wire.Parts, env map[string]string) (http.Handler, error) {
	create, problem1 := configured(env, func(c boot.CreateConfig) (edge.Handler, error) {
		assembly := boot.Assemble(parts, c)
		assembly.Policy.FirstQuery = firstQuery
		creator, err := assembly.Creator(ctx)
		return edge.NewCreate(creator, parts.Log), err
	})
	read, problem2 := configured(env, func(c boot.ReadConfig) (edge.Handler, error) {
		reader, err := boot.Assemble(parts, c).Reader()
		return edge.NewRead(reader), err
	})
	operate, problem3 := configured(env, func(c boot.OperateConfig) (edge.Handler, error) {
		operator, err := boot.Assemble(parts, c).Operator(ctx)
		return edge.NewOperate(operator), err
	})
	if err := errors.Join(problem1, problem2, problem3); err != nil {
		return nil, err
	}
	// One count for all routes, so that a request id in the log means one request.
	count := &atomic.Int64{}
	mux := http.NewServeMux()
	// The routes are those of template.yaml. Callbacks have no caller and may have any type: their
	// signature counts.
	mux.Handle("POST /v1/payouts", typed(front{create, localCaller, count}, "application/json"))
	mux.Handle("POST /v1/payouts/", typed(front{operate, localCaller, count}, "application/json"))
	mux.Handle("POST /v1/statements", typed(front{operate, localCaller, count}, "text/csv", "application/octet-stream", "application/json"))
	mux.Handle("GET /v1/controls", front{operate, localCaller, count})
	mux.Handle("POST /v1/controls", typed(front{operate, localCaller, count}, "application/json"))
	mux.Handle("GET /v1/payouts/{id}/evidence/{sequence}", front{operate, localCaller, count})
	mux.Handle("GET /v1/", front{read, localCaller, count})
	for _, p := range wire.Providers() {
		callback, err := callbacks(ctx, parts, p, env)
		if err != nil {
			return nil, err
		}
		mux.Handle("POST /v1/callbacks/"+string(p.Facts().Name), front{callback, "", count})
	}
	return mux, nil
}

// callbacks builds the function that takes a provider's callbacks. A provider that is a row of
// pkg/wire has its route here without a line of its own (decision 0029).
func callbacks(ctx context.Context, parts wire.Parts, p provider.Provider, env map[string]string) (edge.Handler, error) {
	c, err := boot.ReadCallback(p, env)
	if err != nil {
		return nil, err
	}
	callback, err := boot.Assemble(parts, c).Callback(ctx, p)
	return edge.NewCallback(callback), err
}

// configured reads a function's configuration and builds it. Each function has a type of
// configuration of its own, which is what the type parameter names.
func configured[C boot.Config, T any](env map[string]string, build func(C) (T, error)) (T, error) {
	c, err := boot.Read[C](env)
	if err != nil {
		var none T
		return none, err
	}
	return build(c)
}

// serve runs until the context ends or a listener fails. The order of the end matters: no more
// requests, then no more sweeps, then the sandbox, and the store last.
func (s *service) serve(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// The sandbox and the merchant share the second port: both are others to the service, and are
	// reached over HTTP only.
	others := http.NewServeMux()
	others.Handle("/", s.sandbox.Handler())
	others.Handle("/merchant", s.merchant)
	servers := []*http.Server{server(guarded(s.api, s.front)), server(guarded(others, s.providers))}
	var wait sync.WaitGroup
	for i, listener := range []net.Listener{s.front, s.providers} {
		wait.Go(func() {
			if err := servers[i].Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("serve %s: %w", listener.Addr(), err))
			}
		})
	}
	wait.Go(func() { s.keepSweeping(ctx) })
	wait.Go(func() { s.keepTelling(ctx) })
	<-ctx.Done()

	// A connection that was dialled and never used holds a graceful stop up for
	// seconds. That time must not be missing when the sandbox and the store are closed.
	_ = within(ctx, func(limit context.Context) error {
		for _, each := range servers {
			if each.Shutdown(limit) != nil {
				_ = each.Close()
			}
		}
		return nil
	})
	wait.Wait()
	err := within(ctx, s.close)
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		err = errors.Join(cause, err)
	}
	return err
}

// within gives a part of the stop its own time, whatever the parts before it took. The context of
// the run has ended by then, so that only its values are kept.
func within(ctx context.Context, do func(context.Context) error) error {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return do(limit)
}

// keepSweeping is the scheduler. A sweep's errors are in the log. A sweep that takes longer than a
// tick skips ticks, and never runs beside itself.
func (s *service) keepSweeping(ctx context.Context) {
	ticks := time.NewTicker(sweepEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			limited, cancel := context.WithTimeout(ctx, sweepLimit)
			_, _ = s.sweep(limited, nil)
			cancel()
		}
	}
}

// keepTelling is the table's stream. A batch ends when nothing more is waiting. Fifty is the batch
// size of the template.
func (s *service) keepTelling(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-s.news:
			batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{first}}
			for waiting := true; waiting && len(batch.Records) < 50; {
				select {
				case next := <-s.news:
					batch.Records = append(batch.Records, next)
				default:
					waiting = false
				}
			}
			limited, cancel := context.WithTimeout(ctx, sweepLimit)
			_, _ = s.notify(limited, batch) // the sweep tells what was not told
			cancel()
		}
	}
}

// close ends what was opened, the store last: a callback of the sandbox's may still
// want to write. It goes on after a fault, so that one file that cannot be closed keeps no other
// open.
func (s *service) close(ctx context.Context) error {
	var problems []error
	if s.sandbox != nil {
		problems = append(problems, s.sandbox.Close(ctx))
	}
	if s.store != nil {
		problems = append(problems, s.store.Close())
	}
	if s.log != nil {
		problems = append(problems, s.log.Close())
	}
	return errors.Join(problems...)
}
