// Command sim tries to break the promises of the service: thousands of histories
// with lost writes, lost answers, crashes, frozen processes, lying callbacks,
// rotations, people and restores, each from one seed.
//
//	sim                 20,000 histories
//	sim -seed 41        tells the history of one seed as a timeline
//	sim -mutants        proves that wrong code is found
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"cambodia-payouts/pkg/sim"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sim:", err)
		os.Exit(1)
	}
}

var errBroken = errors.New("a promise was broken")

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	var (
		histories = flags.Int("histories", 20_000, "how many `seeds` to run, from -from on")
		from      = flags.Uint64("from", 1, "the first `seed`")
		seed      = flags.Int64("seed", -1, "tell the history of this one `seed`")
		pairs     = flags.Bool("exhaustive", false, "every fault, and every pair of faults, at every I/O point of one payout")
		mutants   = flags.Bool("mutants", false, "run each mutant until it is found, for at most 200 seeds")
		record    = flags.String("record", "", "with -mutants: write the shrunk history of each to this `file`")
		mutant    = flags.String("mutant", "", "run with the mutant of this `name`")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := find(*mutant)
	switch {
	case err != nil:
		return err
	case *pairs:
		return exhaust(out)
	case *mutants:
		return prove(out, *record)
	case *seed >= 0:
		return tell(out, uint64(*seed), chosen)
	}
	return search(out, *from, *histories, chosen)
}

func find(name string) (*sim.Mutant, error) {
	if name == "" {
		return nil, nil
	}
	for _, m := range sim.Mutants() {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("there is no mutant %q", name)
}

// tell prints one history.
func tell(out io.Writer, seed uint64, m *sim.Mutant) error {
	r := sim.Seed(seed, sim.Options{Mutant: m, Tell: func(line string) { _, _ = fmt.Fprintln(out, line) }})
	if r.Violation != nil {
		return fmt.Errorf("%w: %v", errBroken, r.Violation)
	}
	_, _ = fmt.Fprintf(out, "every promise held; ends: %v\n", r.Tally.Ends)
	return nil
}

// search runs many histories on all processors.
func search(out io.Writer, from uint64, histories int, m *sim.Mutant) error {
	var (
		mu     sync.Mutex
		wait   sync.WaitGroup
		tally  sim.Tally
		broken = map[uint64]sim.Result{}
		next   = from
		begun  = time.Now()
	)
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= from+uint64(histories) || len(broken) >= 10 {
			return 0, false
		}
		next++
		return next - 1, true
	}
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				seed, more := take()
				if !more {
					return
				}
				r := sim.Seed(seed, sim.Options{Mutant: m})
				mu.Lock()
				tally.Add(r.Tally)
				if r.Violation != nil {
					broken[seed] = r
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	report(out, tally, time.Since(begun))
	return explain(out, broken, m)
}

func report(out io.Writer, t sim.Tally, took time.Duration) {
	_, _ = fmt.Fprintf(out, "%d histories in %s: %d I/O points, %d faults, %d of them crashes, %dh of simulated time\n",
		t.Histories, took.Round(time.Second/10), t.Points, t.Faults, t.Crashes, t.Hours)
	_, _ = fmt.Fprintf(out, "payouts at the end: %s\n", listed(t.Ends))
	_, _ = fmt.Fprintf(out, "on the desk: %s\n", listed(t.Reasons))
}

// listed names counts, the most frequent first.
func listed(counts map[string]int) string {
	names := slices.Collect(maps.Keys(counts))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", counts[name], name)
	}
	return strings.Join(names, ", ")
}

// explain shrinks what was found, so that it can be committed as a regression.
func explain(out io.Writer, broken map[uint64]sim.Result, m *sim.Mutant) error {
	if len(broken) == 0 {
		_, _ = fmt.Fprintln(out, "every promise held")
		return nil
	}
	told := map[string]bool{}
	for seed, r := range broken {
		_, _ = fmt.Fprintf(out, "\nseed %d: %v\n", seed, r.Violation)
		if told[r.Violation.Promise] {
			continue
		}
		told[r.Violation.Promise] = true
		small := sim.Shrink(r.Choices, r.Violation.Promise, sim.Options{Mutant: m}, 3000)
		_, _ = fmt.Fprintf(out, "shrunk from %d to %d choices: %v\n", len(r.Choices), len(small), small)
		sim.Replay(small, sim.Options{Mutant: m, Tell: func(line string) { _, _ = fmt.Fprintln(out, line) }})
	}
	return fmt.Errorf("%w in %d histories", errBroken, len(broken))
}

// mostSeeds is how long a mutant may live.
const mostSeeds = 200

// prove runs each mutant until it is found.
func prove(out io.Writer, record string) error {
	alive := 0
	var kept []sim.Regression
	for _, m := range sim.Mutants() {
		verdict := "SURVIVED"
		for seed := range uint64(mostSeeds) {
			r := sim.Seed(seed+1, sim.Options{Mutant: m})
			if r.Violation == nil {
				continue
			}
			verdict = fmt.Sprintf("found with seed %d: %s", seed+1, r.Violation.Promise)
			if record != "" {
				small := sim.Shrink(r.Choices, r.Violation.Promise, sim.Options{Mutant: m}, 3000)
				kept = append(kept, sim.Regression{Name: m.Says, Mutant: m.Name, Promise: r.Violation.Promise, Choices: small})
			}
			break
		}
		if verdict == "SURVIVED" {
			alive++
		}
		_, _ = fmt.Fprintf(out, "%-22s %s\n", m.Name, verdict)
	}
	if alive > 0 {
		return fmt.Errorf("%d mutants survived %d seeds", alive, mostSeeds)
	}
	_, _ = fmt.Fprintf(out, "all %d mutants are found\n", len(sim.Mutants()))
	if record == "" {
		return nil
	}
	return keep(record, kept)
}

// exhaust runs every single fault and every pair.
func exhaust(out io.Writer) error {
	stories := sim.Stories()
	found := make([]error, len(stories))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, story := range stories {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			t, broken := sim.Exhaust(story, 2)
			verdict := "every promise held"
			if broken != nil {
				found[i] = fmt.Errorf("%w: %s: %v", errBroken, broken.Plan, broken.Violation)
				verdict = "BROKEN"
			}
			_, _ = fmt.Fprintf(out, "%-30s %6d histories, %6d faults: %s\n", story, t.Histories, t.Faults, verdict)
		})
	}
	wait.Wait()
	return errors.Join(found...)
}

// keep writes the mutants' histories to a file, below those of our own mistakes that
// it holds already.
func keep(file string, kept []sim.Regression) error {
	var before []sim.Regression
	if raw, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(raw, &before); err != nil {
			return err
		}
	}
	before = slices.DeleteFunc(before, func(r sim.Regression) bool { return r.Mutant != "" })
	encoded, err := json.Marshal(append(before, kept...))
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(bytes.ReplaceAll(encoded, []byte("},{"), []byte("},\n{")), '\n'), 0o600)
}
