// Command local runs the whole service on this machine: the functions' own
// handlers behind a stand-in for the gateway, a store on a file, a sandbox of both
// providers, and the sweep on a timer. It needs no AWS and no network.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"cambodia-payouts/pkg/boot"
)

// defaultPort is where the service listens; the sandbox has the port above it. So PORT takes 65534
// at most.
const defaultPort = 8080

// stopLimit bounds a graceful stop. Whatever it cuts off is found again by the
// next run, as it would be after a crash.
const stopLimit = 3 * time.Second

// SIGTERM is what a container or a supervisor sends; it ends the run as Ctrl-C does.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		boot.Explain(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until the context ends. Both ports are taken before the folder is touched: a second
// run by mistake fails here, and has opened nothing.
func run(ctx context.Context, out io.Writer) error {
	port, err := portFrom(os.Getenv("PORT"))
	if err != nil {
		return err
	}
	front, err := listen(port)
	if err != nil {
		return err
	}
	box, err := listen(port + 1)
	if err != nil {
		return errors.Join(err, front.Close())
	}
	folder := os.Getenv("DATA_DIR")
	if folder == "" {
		folder = ".local"
	}
	s, err := open(ctx, workspace{folder: folder, front: front, providers: box, out: out})
	if err != nil {
		return errors.Join(err, front.Close(), box.Close())
	}
	welcome(out, s.address(), s.sandboxAddress(), s.told, filepath.Clean(folder), time.Now())
	err = s.serve(ctx)
	_, _ = fmt.Fprintln(out, "stopped; the next run goes on from here")
	return err
}

// portFrom reads PORT; empty means the default.
func portFrom(text string) (int, error) {
	if text == "" {
		return defaultPort, nil
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port > 65534 {
		return 0, fmt.Errorf("PORT must be a number from 1 to 65534, not %q", text)
	}
	return port, nil
}

// listen binds to this machine alone; guarded keeps the pages of a browser on it out.
func listen(port int) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is taken; choose another pair, such as PORT=%d make run, and beside another run another folder too: DATA_DIR=.local-2", port, port+100)
	}
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// server has limits, so that a stuck client cannot hold a stop up. It has no limit for writing: a
// script of the sandbox answers after 20 s on purpose.
func server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
}
