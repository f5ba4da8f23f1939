// Command local-aws makes what the functions find on AWS, for sam local: the table
// and the secrets of template.yaml on an endpoint that speaks for both services,
// under the names that sam local gives them, and a sandbox of both providers that the
// secrets point to. It then plays the providers until it is interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/sandbox"
	"cambodia-payouts/pkg/template"
)

// options is where things are. The endpoint and the sandbox are named twice, since this program and
// the containers reach the same machine by different names.
type options struct {
	endpoint string // of both AWS services, as this program reaches them
	sandbox  string // where the sandbox listens
	name     string // how containers name this machine
	template string
}

func main() {
	var o options
	flag.StringVar(&o.endpoint, "endpoint", "http://127.0.0.1:8000", "of DynamoDB and Secrets Manager")
	flag.StringVar(&o.sandbox, "sandbox", "127.0.0.1:8001", "where the sandbox listens")
	flag.StringVar(&o.name, "name", "host.docker.internal", "how containers reach this machine")
	flag.StringVar(&o.template, "template", "template.yaml", "what to make")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		boot.Explain(os.Stderr, err)
		os.Exit(1)
	}
}

// run listens before it writes the secrets: the port is in them, and may be chosen by the system.
func run(ctx context.Context, o options, out io.Writer) (err error) {
	t, err := template.Load(o.template)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.sandbox)
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := provision(ctx, o.endpoint, t, documents("http://"+net.JoinHostPort(o.name, port))); err != nil {
		return errors.Join(err, listener.Close())
	}
	box, err := sandbox.New(config())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	welcome(out, o, port)
	return serve(ctx, listener, box)
}

// stopLimit bounds a graceful stop.
const stopLimit = 3 * time.Second

// serve plays the providers until the context ends. The sandbox has no file here: its ledger ends
// with this program.
func serve(ctx context.Context, listener net.Listener, box *sandbox.Sandbox) error {
	server := &http.Server{Handler: box.Handler(), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	_ = server.Close() // nobody waits for the answers of a sandbox that ends
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	return errors.Join(err, box.Close(limit))
}

// welcome prints targets of the Makefile, and a test holds it to them.
func welcome(out io.Writer, o options, port string) {
	_, _ = fmt.Fprintf(out, `The table and the secrets of %s are at %s,
and a sandbox of both providers is at http://127.0.0.1:%s (its ledger: /ledger).

In another terminal:

  make sam-build
  make invoke FUNCTION=CreatePayout EVENT=events/create-payout-vexora.json
  make start-api

docs/deploying.md says what differs without Docker Desktop. Ctrl-C ends and forgets everything.
`, o.template, o.endpoint, port)
}
