package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// useCase is one payout in which nothing goes wrong but what is planned. Chance finds
// combinations that nobody thought of, and may pass by a single one for a long time. The two
// searches are there for each other.
type useCase struct {
	name     string
	provider payout.Provider
	plan     plan
}

// useCases are the lives of one payout at each provider. The declined, refused and paid ones take
// different roads through create, callback and sweep; "in silence" is the one in which no
// callback comes, and only a status query tells.
var useCases = func() []useCase {
	spoken := func(end ending) plan {
		return plan{end: end, after: time.Second, words: []word{{after: 2 * time.Second, says: end, truth: true}}}
	}
	var all []useCase
	for _, provider := range payout.Providers() {
		for name, p := range map[string]plan{
			"paid, with a callback": spoken(paid), "paid, in silence": {end: paid, after: time.Second},
			"declined": spoken(declined), "refused": {end: refused}, "returned": spoken(returned),
		} {
			all = append(all, useCase{string(provider) + ": " + name, provider, p})
		}
	}
	slices.SortFunc(all, func(a, b useCase) int { return strings.Compare(a.name, b.name) })
	return all
}()

// UseCases names the lives that [Exhaust] goes through.
func UseCases() []string {
	var names []string
	for _, s := range useCases {
		names = append(names, s.name)
	}
	return names
}

// Broken is a promise that planned faults broke.
type Broken struct {
	Plan string
	*Violation
}

// Exhaust runs one use case under every fault at every point that chance could hit, alone and
// with up to so many faults together: what the first one brings about is hit by the next. The
// name is one of [UseCases]. It stops at the first broken promise; nil means that none was
// broken.
func Exhaust(name string, together int) (Tally, *Broken) {
	i := slices.IndexFunc(useCases, func(s useCase) bool { return s.name == name })
	var total Tally
	broken := useCases[i].exhaust(map[int]fate{}, 0, together, &total)
	return total, broken
}

// exhaust goes on from a plan. A fault changes what follows, so the points behind it are those
// that its own history recorded. Earlier points were tried by an earlier branch.
func (s useCase) exhaust(planned map[int]fate, from, left int, total *Tally) *Broken {
	r := Options{}.history(&engine{choices: &choices{}, planned: planned, record: true}, s.compose)
	total.Add(r.Tally)
	if r.Violation != nil {
		return &Broken{fmt.Sprint(s.name, " ", planned), r.Violation}
	}
	if left == 0 {
		return nil
	}
	for point := from; point < len(r.offers); point++ {
		for _, f := range r.offers[point].fates[1:] {
			planned[point] = f
			broken := s.exhaust(planned, point+1, left-1, total)
			delete(planned, point)
			if broken != nil {
				return broken
			}
		}
	}
	return nil
}

// compose is the one client and the sweep of each minute, and nothing else that could go wrong.
func (s useCase) compose(w *world) {
	w.scripted = &s.plan
	merchant := w.newClient(0, s.provider, nil)
	w.clients = []*client{merchant}
	w.in(0, merchant.post)
	for minute := time.Minute; minute < chaos; minute += time.Minute {
		w.in(minute, w.sweep)
	}
}
