package main

import (
	"slices"
	"sync"
	"testing"
)

// Processes with two, no, one and three requests: each has its turn, and nobody waits for
// one that is done.
func TestProcessesTakeTurns(t *testing.T) {
	for range 50 {
		requests := []int{2, 0, 1, 3}
		turns := newTurns(len(requests))
		var (
			wait  sync.WaitGroup
			order []int // guarded by the turns
		)
		for n, count := range requests {
			wait.Go(func() {
				defer turns.leave(n)
				for range count {
					end := inTurn(turns.seat(t.Context(), n))
					order = append(order, n)
					end()
				}
			})
		}
		wait.Wait()
		if want := []int{0, 2, 3, 0, 3, 3}; !slices.Equal(order, want) {
			t.Fatalf("%v, not %v", order, want)
		}
	}
}
