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

func fromSeed(seed uint64) *choices {
	return &choices{random: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))}
}

// pick returns 0 to n-1.
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

// chance is true for so many percent, and for the choice zero never.
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
	return 0
}

// provider picks one of those that are registered.
func (c *choices) provider() payout.Provider {
	all := payout.Providers()
	return all[c.pick(len(all))]
}
