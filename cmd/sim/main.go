// Command sim tries to break the promises of the service: thousands of histories
// with lost writes, lost answers, crashes, frozen processes, lying callbacks,
// rotations, people and restores, each from one seed.
//
//	sim                 20,000 histories
//	sim -seed 41        tells the history of one seed as a timeline
//	sim -mutants        proves that wrong code is found
//	sim -census         counts every broken promise, each with its seeds
//
// It ends with status 1 if a promise is broken, a mutant survives, or a page says other figures
// than were counted. docs/proof.md says what is proven by it.
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

// errBroken is wrapped by every error that a broken promise brings, whatever was run.
var errBroken = errors.New("a promise was broken")

// run does what the flags say. One mode is chosen, in the order of the cases below: a flag that
// is not of that mode is ignored.
func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	var (
		histories = flags.Int("histories", 20_000, "how many `seeds` to run, from -from on")
		from      = flags.Uint64("from", 1, "the first `seed`")
		seed      = flags.Int64("seed", -1, "tell the history of this one `seed`")
		pairs     = flags.Bool("exhaustive", false, "every fault, and every pair of faults, at every I/O point of one payout")
		mutants   = flags.Bool("mutants", false, "run each mutant until it is found, for at most 500 seeds")
		record    = flags.String("record", "", "with -mutants: write the shrunk history of each to this `file`")
		mutant    = flags.String("mutant", "", "run with the mutant of this `name`")
		only      = flags.String("only", "", "judge this `promise` alone")
		all       = flags.Bool("all", false, "with -census: name every seed")
		census    = flags.Bool("census", false, "count the broken promises of all histories, each with its first seeds")
		pageFile  = flags.String("page", "", "fail unless this `file` says what was counted")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen, err := find(*mutant)
	options := sim.Options{Mutant: chosen, Only: *only}
	p := page(*pageFile)
	switch {
	case err != nil:
		return err
	case *pairs:
		return exhaust(out, p)
	case *mutants:
		return prove(out, *record, p)
	case *seed >= 0:
		return printHistory(out, uint64(*seed), options)
	case *census:
		return count(out, *from, *histories, *all, options)
	}
	return search(out, *from, *histories, options, p)
}

// find is the mutant of a name; no name means the real code.
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

// printHistory prints one history. The timeline is printed while the history runs, so that a
// history which does not end shows where.
func printHistory(out io.Writer, seed uint64, o sim.Options) error {
	o.Tell = func(line string) { _, _ = fmt.Fprintln(out, line) }
	r := sim.Seed(seed, o)
	if r.Violation != nil {
		return fmt.Errorf("%w: %v", errBroken, r.Violation)
	}
	_, _ = fmt.Fprintf(out, "every promise held; ends: %v\n", r.Tally.Ends)
	return nil
}

// search runs many histories, until ten of them broke a promise. Ten are enough to see a pattern,
// and each of them is shrunk, which takes up to 3,000 histories more.
func search(out io.Writer, from uint64, histories int, o sim.Options, p page) error {
	begun := time.Now()
	tally, broken := runMany(from, histories, 10, o)
	report(out, tally, time.Since(begun))
	// A broken promise is told before a page that says other figures.
	return cmp.Or(explain(out, broken, o), p.says(figures(tally)...))
}

// runMany runs histories on all processors, until so many are broken. Seeds are taken in order
// and finished in any, so which ten are found first may differ between two runs. What each seed
// tells does not.
func runMany(from uint64, histories, enough int, o sim.Options) (sim.Tally, map[uint64]sim.Result) {
	var (
		mu     sync.Mutex
		wait   sync.WaitGroup
		tally  sim.Tally
		broken = map[uint64]sim.Result{}
		next   = from
	)
	// A worker takes the next seed when it is free: histories differ much in length. Those that
	// are under way when enough are broken are finished and counted.
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if next >= from+uint64(histories) || len(broken) >= enough {
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
				r := sim.Seed(seed, o)
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
	return tally, broken
}

// count tells how often each promise is broken, and by which seeds first. It is how a judge is
// calibrated that has just been widened: which promises break how often, and by which seeds,
// without an end at the tenth.
func count(out io.Writer, from uint64, histories int, all bool, o sim.Options) error {
	begun := time.Now()
	// No number of broken histories is enough.
	tally, broken := runMany(from, histories, histories, o)
	report(out, tally, time.Since(begun))
	seeds, counts := map[string][]string{}, map[string]int{}
	for _, seed := range slices.Sorted(maps.Keys(broken)) {
		v := broken[seed].Violation
		counts[v.Promise]++
		seeds[v.Promise] = append(seeds[v.Promise], fmt.Sprintf("seed %d: %s", seed, v.Detail))
	}
	for _, promise := range slices.Sorted(maps.Keys(seeds)) {
		_, _ = fmt.Fprintf(out, "%d broke: %s\n", counts[promise], promise)
		shown := seeds[promise]
		if !all {
			shown = shown[:min(8, len(shown))]
		}
		for _, line := range shown {
			_, _ = fmt.Fprintf(out, "    %s\n", line)
		}
	}
	if len(broken) > 0 {
		return fmt.Errorf("%w in %d histories", errBroken, len(broken))
	}
	return nil
}

// report prints what the histories went through. The last lines show whether anything happened at
// all: an end or a reason that no payout came to was tried by nobody.
func report(out io.Writer, t sim.Tally, took time.Duration) {
	_, _ = fmt.Fprintf(out, "%d histories in %s: %d I/O points, %d faults, %d of them crashes, %dh of simulated time\n",
		t.Histories, took.Round(time.Second/10), t.Points, t.Faults, t.Crashes, t.Hours)
	_, _ = fmt.Fprintf(out, "payouts at the end: %s\n", listed(t.Ends))
	_, _ = fmt.Fprintf(out, "in the review queue: %s\n", listed(t.Reasons))
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

// explain shrinks what was found, so that it can be committed as a regression. Of each promise
// one history is shrunk and told: the others of the same promise most often have the same cause.
func explain(out io.Writer, broken map[uint64]sim.Result, o sim.Options) error {
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
		// Each try is a history, so the bound is time: shrinking further costs more than it
		// tells.
		small := sim.Shrink(r.Choices, r.Violation.Promise, o, 3000)
		_, _ = fmt.Fprintf(out, "shrunk from %d to %d choices: %v\n", len(r.Choices), len(small), small)
		// The shrunk history is told and not the found one: a person can read it to its end.
		loud := o
		loud.Tell = func(line string) { _, _ = fmt.Fprintln(out, line) }
		sim.Replay(small, loud)
	}
	return fmt.Errorf("%w in %d histories", errBroken, len(broken))
}

// mostSeeds is how long a mutant may live. CI fails on a mutant that lives longer. A larger bound
// would hide that the adversary hardly ever comes to the case.
const mostSeeds = 500

// prove runs each mutant until it is found. It is the proof that "every promise held" says
// something. With a file to record, each history is shrunk first: kept ones are replayed by make
// test, which has no time for long ones.
func prove(out io.Writer, record string, p page) error {
	alive := 0
	var kept []sim.Regression
	for _, m := range sim.Mutants() {
		verdict := "SURVIVED"
		if seed, r, found := m.Found(mostSeeds); found {
			verdict = fmt.Sprintf("found with seed %d: %s", seed, r.Violation.Promise)
			if record != "" {
				small := sim.Shrink(r.Choices, r.Violation.Promise, sim.Options{Mutant: m}, 3000)
				// The name of a kept history is what the wrong code does: it is what a reader of
				// a failing test sees.
				kept = append(kept, sim.Regression{Name: m.Says, Mutant: m.Name, Promise: r.Violation.Promise, Choices: small})
			}
		}
		if verdict == "SURVIVED" {
			alive++
		}
		_, _ = fmt.Fprintf(out, "%-26s %s\n", m.Name, verdict)
	}
	if alive > 0 {
		return fmt.Errorf("%d mutants survived %d seeds", alive, mostSeeds)
	}
	_, _ = fmt.Fprintf(out, "all %d mutants are found\n", len(sim.Mutants()))
	if record == "" {
		return p.says(fmt.Sprintf("%d of %d found within %d seeds", len(sim.Mutants()), len(sim.Mutants()), mostSeeds))
	}
	return keep(record, kept)
}

// exhaust runs every single fault and every pair. Pairs find what two rare things do together at
// a certain moment, which chance may need millions of histories for. Each use case has a
// processor to itself.
func exhaust(out io.Writer, p page) error {
	// What each of them finds is kept at its own place, so that the errors come in the order of
	// the use cases and not of the processors.
	stories := sim.UseCases()
	found, counted := make([]error, len(stories)), make([]int, len(stories))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, story := range stories {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			t, broken := sim.Exhaust(story, 2)
			counted[i] = t.Histories
			verdict := "every promise held"
			if broken != nil {
				found[i] = fmt.Errorf("%w: %s: %v", errBroken, broken.Plan, broken.Violation)
				verdict = "BROKEN"
			}
			_, _ = fmt.Fprintf(out, "%-30s %6d histories, %6d faults: %s\n", story, t.Histories, t.Faults, verdict)
		})
	}
	wait.Wait()
	histories := 0
	for _, n := range counted {
		histories += n
	}
	return cmp.Or(errors.Join(found...), p.says(fmt.Sprintf("beside them %s histories", round(histories))))
}

// keep writes the mutants' histories to a file, below those of our own mistakes that
// it holds already. One line for each, so that a change of the file shows which ones moved.
func keep(file string, kept []sim.Regression) error {
	var before []sim.Regression
	if raw, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(raw, &before); err != nil {
			return err
		}
	}
	// Those of mutants are replaced as a whole: one whose mutant is gone would have nothing to
	// break.
	before = slices.DeleteFunc(before, func(r sim.Regression) bool { return r.Mutant != "" })
	encoded, err := json.Marshal(append(before, kept...))
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(bytes.ReplaceAll(encoded, []byte("},{"), []byte("},\n{")), '\n'), 0o600)
}
