package sim

import (
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cambodia-payouts/pkg/payout"
)

func timeline(r func(Options) Result) string {
	var lines []string
	r(Options{Tell: func(line string) { lines = append(lines, line) }})
	return strings.Join(lines, "\n")
}

func TestTheSameSeedTellsTheSameHistory(t *testing.T) {
	for seed := range uint64(30) {
		told := timeline(func(o Options) Result { return Seed(seed, o) })
		if again := timeline(func(o Options) Result { return Seed(seed, o) }); again != told {
			t.Fatalf("seed %d:\n%s\n\nand then\n%s", seed, told, again)
		}
		choices := Seed(seed, Options{}).Choices
		if replayed := timeline(func(o Options) Result { return Replay(choices, o) }); replayed != told {
			t.Errorf("seed %d is replayed otherwise", seed)
		}
	}
}

func TestEveryPromiseHolds(t *testing.T) {
	var (
		total Tally
		mu    sync.Mutex
		wait  sync.WaitGroup
		next  atomic.Uint64
	)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for seed := next.Add(1) - 1; seed < 1000; seed = next.Add(1) - 1 {
				r := Seed(seed, Options{})
				if r.Violation != nil {
					t.Errorf("seed %d: %v", seed, r.Violation)
				}
				mu.Lock()
				total.Add(r.Tally)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	// A simulation in which nothing happens proves nothing.
	for _, status := range []string{"succeeded", "failed", "unknown", "processing", "queued", "cancelled"} {
		if total.Ends[status] == 0 {
			t.Errorf("no payout ended as %s", status)
		}
	}
	for _, reason := range []string{"contradiction", "callback_mismatch", "unknown_too_long", "returned", "unlisted_status", "possible_duplicate", "queued_too_long"} {
		if total.Reasons[reason] == 0 {
			t.Errorf("nothing came to the review queue as %s", reason)
		}
	}
	if total.Advised[toPay] == 0 || total.Advised[toSend] == 0 {
		t.Errorf("what people are told was judged %v times", total.Advised)
	}
	t.Logf("%+v", total)
}

// TestHistoriesThatBrokeTheRealCode are seeds that broke a promise while the code was
// written, each with what was wrong.
func TestHistoriesThatBrokeTheRealCode(t *testing.T) {
	for seed, wrong := range map[uint64]string{
		185:    "a success that no answer knew of rested in silence",
		381:    "an answer that said nothing of the last submission ended the questions",
		4415:   "redaction cut the questions after an end short",
		7572:   "what a lost table may have sent went by itself when the restore was over",
		8049:   "answers with an unlisted status after an end called for nobody",
		13527:  "a restored table paid under a first attempt whose second one was paid",
		20531:  "a callback that said nothing ended the lease of a submission",
		25839:  "a word that was heard before did not take certainty away",
		28604:  "a slow answer called for a person after a faster one had settled it",
		87264:  "nobody asked about a doubted attempt after people had started the next",
		88569:  "a payout that was no longer queued stayed queued too long",
		20504:  "an order that slept took the place of a later one",
		37512:  "a resend that slept took the entry of its payout off the list of the recipient",
		57791:  "an uncertain attempt was never asked about, beside one that no answer settles",
		91174:  "eight answers that agreed called for a person",
		130678: "an uncertain attempt was never asked about after a restore",
		230730: "nobody was called for what was open too long, since an earlier attempt had its turn",
		242467: "an answer of before a return confirmed it, by a clock that was ahead",
		352005: "a clock that was ahead dated what a backup has after the restore",
		406940: "people went on from an end that an answer contradicted",
		425529: "a repeated word about an uncertain failure was not asked about, and the same money went",
		440593: "an attempt that a lost table had made counted as certainly not sent",
		440955: "nobody could be asked about a line of a file that agreed with the end of before",
	} {
		if r := Seed(seed, Options{}); r.Violation != nil {
			t.Errorf("seed %d: %s: %v", seed, wrong, r.Violation)
		}
	}
}

func TestNoSingleFaultBreaksAPromise(t *testing.T) {
	for _, name := range UseCases() {
		total, broken := Exhaust(name, 1)
		if broken != nil {
			t.Errorf("%s: %v", broken.Plan, broken.Violation)
		}
		if total.Histories < 20 {
			t.Errorf("%s: only %d histories", name, total.Histories)
		}
	}
}

// oddities counts the choices that are not the ordinary one.
func oddities(choices []int) int {
	n := 0
	for _, c := range choices {
		if c != 0 {
			n++
		}
	}
	return n
}

func TestAFoundHistoryIsShrunk(t *testing.T) {
	m := Mutants()[0]
	for seed := uint64(1); ; seed++ {
		r := Seed(seed, Options{Mutant: m})
		if r.Violation == nil {
			continue
		}
		small := Shrink(r.Choices, r.Violation.Promise, Options{Mutant: m}, 2000)
		again := Replay(small, Options{Mutant: m})
		if again.Violation == nil || again.Violation.Promise != r.Violation.Promise || oddities(small)*2 > oddities(r.Choices) {
			t.Errorf("from %d to %d choices: %v", len(r.Choices), len(small), again.Violation)
		}
		return
	}
}

// TestRegressions replays shrunk histories that break wrong code, or once broke
// ours. With its mutant one must break the same promise, which shows that it still
// says something.
func TestRegressions(t *testing.T) {
	if len(payout.Providers()) != 2 {
		t.Skip("the histories were recorded with two providers, of which one was drawn")
	}
	raw, err := os.ReadFile("testdata/regressions.json")
	if err != nil {
		t.Fatal(err)
	}
	var regressions []Regression
	if err := json.Unmarshal(raw, &regressions); err != nil || len(regressions) < len(Mutants()) {
		t.Fatalf("%d regressions, %v", len(regressions), err)
	}
	for _, r := range regressions {
		if real := Replay(r.Choices, Options{}); real.Violation != nil {
			t.Errorf("%s: %v", r.Name, real.Violation)
		}
		if r.Mutant == "" {
			continue
		}
		i := slices.IndexFunc(Mutants(), func(m *Mutant) bool { return m.Name == r.Mutant })
		if wrong := Replay(r.Choices, Options{Mutant: Mutants()[i]}); wrong.Violation == nil || wrong.Violation.Promise != r.Promise {
			t.Errorf("%s no longer breaks %s (record it again: go run ./cmd/sim -mutants -record FILE)", r.Name, r.Mutant)
		}
	}
}
