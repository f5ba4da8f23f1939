package functions_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// host plays the Lambda service for one function: it starts the compiled binary as
// often as there is work, hands it events through the documented Runtime API, and
// may kill it at any moment.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type host struct {
	t       *testing.T
	name    string
	binary  string
	env     []string
	timeout time.Duration
	offset  time.Duration // how far ahead the function's clock is
	output  *output

	mu sync.Mutex
	// lethal is how many percent of the invocations end by SIGKILL.
	lethal int
	idle   []*instance
	alive  map[*instance]bool
	count  struct{ started, killed, crashed, invoked int }
}

// instance is one process of a function.
type instance struct {
	cmd  *exec.Cmd
	api  *httptest.Server
	jobs chan job
	gone chan struct{}

	mu      sync.Mutex
	current job
}

type job struct {
	id       string
	event    []byte
	deadline time.Time
	done     chan result
}

type result struct {
	body []byte
	err  error
}

// errCrashed is an invocation whose process ended.
var errCrashed = errors.New("the process ended during the invocation")

func newHost(t *testing.T, name, binary string, timeout time.Duration, out *output, env ...string) *host {
	h := &host{t: t, name: name, binary: binary, timeout: timeout, output: out, env: env, alive: map[*instance]bool{}}
	t.Cleanup(h.stop)
	return h
}

// start runs the binary with an environment of its own and nothing of ours.
func (h *host) start() (*instance, error) {
	i := &instance{jobs: make(chan job, 1), gone: make(chan struct{})}
	i.api = httptest.NewServer(i.runtimeAPI())
	i.cmd = exec.Command(h.binary)
	i.cmd.Env = append([]string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(i.api.URL, "http://"),
		"AWS_LAMBDA_FUNCTION_NAME=" + h.name, "AWS_SAM_LOCAL=true",
	}, h.env...)
	i.cmd.Stdout, i.cmd.Stderr = h.output, h.output
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	h.mu.Lock()
	h.alive[i] = true
	h.count.started++
	h.mu.Unlock()
	go func() {
		_ = i.cmd.Wait()
		h.mu.Lock()
		delete(h.alive, i)
		h.mu.Unlock()
		close(i.gone)
		i.api.CloseClientConnections()
		i.api.Close()
	}()
	return i, nil
}

// runtimeAPI serves one instance.
func (i *instance) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		select {
		case j := <-i.jobs:
			i.mu.Lock()
			i.current = j
			i.mu.Unlock()
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", j.id)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(j.deadline.UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f")
			_, _ = w.Write(j.event)
		case <-i.gone:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/{what}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		i.mu.Lock()
		j := i.current
		i.mu.Unlock()
		if err != nil || r.PathValue("id") != j.id {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.PathValue("what") == "error" {
			err = fmt.Errorf("the function failed: %s", body)
		}
		w.WriteHeader(http.StatusAccepted)
		j.done <- result{body, err}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	return mux
}

// invoke runs one event through an instance that is idle, or a new one.
func (h *host) invoke(event []byte) ([]byte, error) {
	i, err := h.take()
	if err != nil {
		return nil, err
	}
	j := job{id: rand.Text(), event: event, deadline: time.Now().Add(h.offset + h.timeout), done: make(chan result, 1)}
	h.perhapsKill(i)
	i.jobs <- j
	timer := time.NewTimer(h.timeout)
	defer timer.Stop()
	select {
	case r := <-j.done:
		h.mu.Lock()
		h.idle = append(h.idle, i)
		h.mu.Unlock()
		return r.body, r.err
	case <-timer.C:
		_ = i.cmd.Process.Kill() // as Lambda does
		return nil, errors.New("the function timed out")
	case <-i.gone:
		h.mu.Lock()
		h.count.crashed++
		h.mu.Unlock()
		return nil, errCrashed
	}
}

func (h *host) take() (*instance, error) {
	h.mu.Lock()
	h.count.invoked++
	for len(h.idle) > 0 {
		last := h.idle[len(h.idle)-1]
		h.idle = h.idle[:len(h.idle)-1]
		if h.alive[last] {
			h.mu.Unlock()
			return last, nil
		}
	}
	h.mu.Unlock()
	return h.start()
}

// mortal is how many milliseconds of an invocation a kill can hit: about as many as
// one lasts, so that every moment of it is hit.
const mortal = 30

// perhapsKill has a process end with SIGKILL at a random moment of the invocation
// that is about to begin.
func (h *host) perhapsKill(i *instance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if mathrand.IntN(100) >= h.lethal {
		return
	}
	time.AfterFunc(time.Duration(mathrand.IntN(mortal*1000))*time.Microsecond, func() {
		if i.cmd.Process.Kill() == nil {
			h.mu.Lock()
			h.count.killed++
			h.mu.Unlock()
		}
	})
}

func (h *host) setLethal(percent int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lethal = percent
}

func (h *host) stop() {
	h.mu.Lock()
	for i := range h.alive {
		_ = i.cmd.Process.Kill()
	}
	h.mu.Unlock()
}

// output is everything that processes wrote.
type output struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}
