package payout

// Callers is how many callers' submissions are remembered.
func (b *Brakes) Callers() int { return len(b.callers) }
