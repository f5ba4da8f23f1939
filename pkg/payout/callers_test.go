package payout

// Callers is how many callers' submissions are remembered.
func (b *Breaker) Callers() int { return len(b.callers) }
