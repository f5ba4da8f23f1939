package sim

import (
	"math/rand/v2"

	"cambodia-payouts/pkg/payout"
)

// choices is the one source of chance. Zero always means the ordinary thing, so
// that a history without choices is one in which nothing goes wrong, and shrinking
// means setting choices to zero.
type choices struct {
	random *rand.Rand // nil: replay, then zeros
	replay []int
	taken  []int
}

// fromSeed draws. The second half of the generator's state is a constant, so that one number is
// enough to tell a history again.
func fromSeed(seed uint64) *choices {
	return &choices{random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
}

// pick returns 0 to n-1. A recorded choice is taken modulo n: a replay under other code may ask
// for another range, and a history that runs on with a choice in range is worth more than one
// that ends in a panic. Where there is one possibility alone, nothing is drawn or recorded.
func (c *choices) pick(n int) int {
	if n <= 1 {
		return 0
	}
	v := 0
	switch i := len(c.taken); {
	case c.random != nil:
		v = c.random.IntN(n)
	case i < len(c.replay):
		v = c.replay[i] % n
	}
	c.taken = append(c.taken, v)
	return v
}

// chance is true for so many percent, and for the choice zero never. The rare case is at the
// upper end of the range: whatever shrinking sets to zero becomes a thing that did not happen.
func (c *choices) chance(percent int) bool { return c.pick(100) >= 100-percent }

// weighted picks an index with the given weights; the first is the ordinary one.
func (c *choices) weighted(weights ...int) int {
	total := 0
	for _, w := range weights {
		total += w
	}
	v := c.pick(total)
	for i, w := range weights {
		if v < w {
			return i
		}
		v -= w
	}
	// Not reached: v is below the sum of the weights.
	return 0
}

// provider picks one of those that are registered. With a third provider wired, the same number
// means another one, so kept histories count for two providers alone.
func (c *choices) provider() payout.Provider {
	all := payout.Providers()
	return all[c.pick(len(all))]
}
