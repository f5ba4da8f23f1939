package sim

// Regression is a history that is kept, and must never break a promise under the
// real code. It breaks one under its mutant, or, if it has none, broke it under the
// real code once. It is kept as choices and not as a seed: choices are short after shrinking, and
// a person can read from the zeros what did not matter. Promise is the text of the promise that
// it broke.
type Regression struct {
	Name, Mutant, Promise string
	Choices               []int
}

// Shrink looks for fewer and smaller choices that still break the same promise. It
// runs up to so many histories. A part that can be set to zero is tried before it is cut out: to
// cut moves every later choice to another meaning. Only the same promise counts, or a search for
// one mistake would wander off to another.
func Shrink(recorded []int, promise string, o Options, histories int) []int {
	o.Tell = nil
	best := trim(recorded)
	breaks := func(candidate []int) bool {
		histories--
		r := Replay(candidate, o)
		return histories >= 0 && r.Violation != nil && r.Violation.Promise == promise
	}
	for size := max(len(best)/2, 1); size > 0; size /= 2 {
		for from := 0; from < len(best) && histories > 0; from += size {
			to := min(from+size, len(best))
			if zeroed := withZeros(best, from, to); zeroed != nil && breaks(zeroed) {
				best = trim(zeroed)
				continue
			}
			if cut := append(append([]int{}, best[:from]...), best[to:]...); breaks(cut) {
				best = trim(cut)
			}
		}
	}
	return best
}

// trim leaves off zeros at the end: a replay adds them.
func trim(c []int) []int {
	for len(c) > 0 && c[len(c)-1] == 0 {
		c = c[:len(c)-1]
	}
	return c
}

// withZeros is nil if there is nothing to set to zero.
func withZeros(c []int, from, to int) []int {
	changed := append([]int{}, c...)
	some := false
	for i := from; i < to; i++ {
		some = some || changed[i] != 0
		changed[i] = 0
	}
	if !some {
		return nil
	}
	return changed
}
