package payout

// contradict keeps the final state and calls for a human.
func (p Payout) contradict(c Claim, facts ...Fact) Decision {
	return p.note(c, Contradiction, SignalContradiction, facts...)
}

// contradictWithdrawn is for a word that is no payment, about a payout of which it was certain
// that nothing had been sent: that is certain no more, until the provider says that it failed.
func (p Payout) contradictWithdrawn(c Claim) Decision {
	return p.contradict(c, p.doubts(c, p.Attempt)...)
}

// note records a claim without moving the payout, once per claim, and has the provider
// asked at once. Facts that are new are written even where the history has no room.
func (p Payout) note(c Claim, reason Reason, s Signal, facts ...Fact) Decision {
	raised := reason == ""
	if !raised {
		_, raised = p.Attention[reason]
	}
	fresh := p.Heard.without(facts)
	if old := raised || c.Source != FromQuery; len(fresh) == 0 && old && p.heard(c) {
		return repeated // an answer is a new word as long as nobody was called for it
	}
	if len(fresh) == 0 && raised && !p.hasRoom() {
		return p.trace(c)
	}
	change := Change{Heard: fresh}
	if reason != "" {
		attention := p.Attention.With(reason, c.At)
		change.Attention = &attention
	}
	d := p.write(c, change)
	d.Verdict, d.Signals = Noted, []Signal{s}
	p.reopen(d.Change)
	return d
}

// reopen has the provider asked at once; of an end, as often as after any other.
func (p Payout) reopen(change *Change) {
	switch {
	case p.Status == Orphan || p.Status == Submitting:
		return
	case p.Status.Final():
		change.Polls, change.Turn = new(int), new(int)
	}
	change.QueryAt = &change.At
}

// enter moves the payout. Leaving Submitting ends the lease; a final state ends
// the status queries, except those that confirm it.
func (p Payout) enter(s Status, c Claim, facts ...Fact) Decision {
	if c.Source == FromStatement { // people vouch for the file; the provider does not
		facts = append(facts, p.Attempt.fact(wasResolved))
	}
	if s == Failed && c.Doubtful {
		facts = append(facts, p.Attempt.fact(saidDoubtful))
	}
	change := Change{Status: s, ProviderID: c.ProviderID, Lease: &Lease{}, Heard: p.Heard.without(facts)}
	if (c.Source == FromStatement || p.ofReturn(c)) && p.ProviderID != "" {
		change.ProviderID = "" // a file, or a return, replaces no number that the provider gave the payment
	}
	if attention := p.Attention.entering(s); len(attention) != len(p.Attention) {
		change.Attention = &attention
	}
	if s.Final() {
		ended := Payout{Status: s, Attempt: p.Attempt, Heard: p.Heard.With(facts...)}
		due, polls := c.confirmAt(s, ended.Heard.closed(p.Attempt)), 0
		if s == Failed && ended.wavering() {
			due = c.At // until the provider has said more, the same money must be held
		}
		if _, other := ended.askedElsewhere(); other && due.IsZero() {
			due = c.At.Add(confirmAfter)
		}
		if due.IsZero() {
			polls = confirmations
		}
		change.QueryAt, change.Polls = &due, &polls
	}
	if s == Failed {
		failure := c.failure()
		change.Failure = &failure
	}
	d := p.write(c, change)
	d.Verdict = Applied
	if s == Failed && change.Failure.Code == FailureFunds {
		d.Signals = []Signal{SignalLowBalance}
	}
	return d
}

// write completes a change that stems from a claim.
func (p Payout) write(c Claim, change Change) Decision {
	change.At = c.At
	after := p.Status
	if change.Status != "" {
		after = change.Status
	}
	written := p.withEntry(change, c.entry(after))
	if written.Dropped {
		written.Unwritten = p.unwritten(c)
	}
	return Decision{Change: written}
}

func (d Decision) attention(p Payout) Attention {
	if d.Change.Attention != nil {
		return *d.Change.Attention
	}
	return p.Attention
}
