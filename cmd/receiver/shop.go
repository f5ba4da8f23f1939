package main

import (
	"fmt"
	"io"
	"net/http"
	"sync"

	"cambodia-payouts/pkg/receiver"
)

// shop is the merchant's side: it prints each event once, and after it what is missing below it.
type shop struct {
	events *receiver.Receiver

	mu      sync.Mutex // one line at a time
	out     io.Writer
	touched []string // payouts of which events came since somebody looked for gaps
}

func newShop(out io.Writer, secrets ...string) (*shop, error) {
	s := &shop{out: out}
	var err error
	s.events, err = receiver.New(s.handle, secrets...)
	return s, err
}

// handle prints an event. The receiver is busy with it, and is asked for gaps afterwards.
func (s *shop) handle(e receiver.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched = append(s.touched, e.PayoutID)
	_, err := fmt.Fprintf(s.out, "%s  %-28s %s  %d  %s %s\n", e.Timestamp, e.Type, e.Reference, e.Sequence, e.Data.Amount, e.Data.Currency)
	return err
}

// ServeHTTP implements http.Handler.
func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.events.ServeHTTP(w, r)
	for _, id := range s.take() {
		missing := s.events.Missing(id) // never while we hold our lock: the receiver waits for it in handle
		if len(missing) == 0 {
			continue
		}
		s.mu.Lock()
		_, _ = fmt.Fprintf(s.out, "  gap: %v of %s have not come; they are on their way, or in the feed\n", missing, id)
		s.mu.Unlock()
	}
}

// take is the payouts to look at, once.
func (s *shop) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	touched := s.touched
	s.touched = nil
	return touched
}
