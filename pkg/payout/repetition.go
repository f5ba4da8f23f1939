package payout

import "slices"

// mostCounted bounds how many words are counted that somebody could send for ever: those that
// were heard before, and those of which nothing is believed. Whoever holds an old callback must
// not keep two people from agreeing for ever. A new word that is believed is always counted.
const mostCounted = 30

// heard reports whether the same claim is in the history, or was counted there.
func (p Payout) heard(c Claim) bool {
	keys := p.keysOf(c)
	return slices.ContainsFunc(p.History, func(e Entry) bool { return slices.Contains(keys, e.ClaimKey) }) || p.foundNoRoom(c)
}

// foundNoRoom reports whether the same claim came when there was no room for it.
func (p Payout) foundNoRoom(c Claim) bool {
	keys := append(p.keysOf(c), impersonal(c.Key()))
	return slices.ContainsFunc(p.Unwritten, func(key string) bool { return slices.Contains(keys, key) })
}

// keysOf are what the same claim may stand under in the history. Of a redacted payout the
// personal part is gone, and a code stands as it was kept before or after that.
func (p Payout) keysOf(c Claim) []string {
	if p.RedactedAt.IsZero() {
		return []string{c.Key()}
	}
	keys := []string{impersonal(c.Key())}
	if c.earlier != "" {
		keys = append(keys, c.earlier)
	}
	return keys
}

// unwritten is what is remembered when a word finds no room: the latest keys, this one last;
// nil where nothing changes. What is not believed is left out: of it anybody could make any
// number of texts. What was echoed is left out too, so that nothing of it has to be redacted.
func (p Payout) unwritten(c Claim) []string {
	key := impersonal(c.Key())
	if c.Source != FromCallback || c.forgeable() || slices.Contains(p.Unwritten, key) {
		return nil
	}
	known := append(slices.Clip(p.Unwritten), key)
	return known[max(0, len(known)-mostCounted):]
}

// forgeable reports whether anybody could have made the claim, or made it out of another one:
// nothing of it is believed.
func (c Claim) forgeable() bool { return c.Ambiguous != "" || c.Unbelieved }

// knows reports whether the very bytes of a claim are in the history.
func (p Payout) knows(c Claim) bool {
	evidence, key := HashEvidence(c.Raw), c.Key()
	return evidence != "" && slices.ContainsFunc(p.History, func(e Entry) bool { return e.Evidence == evidence && e.ClaimKey == key })
}

// reliesOnSilence reports whether somebody is about to decide on the strength of "nothing was
// heard since", and the callback is no certain failure, so that it has to leave a trace: a status query is
// under way, a person's order waits for the second one, or the payout has failed. The very
// bytes that were heard before are no news.
func (p Payout) reliesOnSilence(c Claim) bool {
	fails := c.Finding == FoundFailed && (!c.Doubtful || c.forgeable())
	if c.Source != FromCallback || fails || p.Status == Orphan || p.knows(c) {
		return false
	}
	taken := p.beingAsked()
	if p.heard(c) { // in other bytes
		return (taken || p.Proposal.Entries > 0) && !c.Padded
	}
	return taken && !p.Status.Final() || p.Proposal.Entries > 0 || p.Status == Failed
}

// wornOut reports whether a claim has been written down often enough: blanks are not signed, so
// bytes tell nothing. The provider's own answers never are worn out: each is a new word.
func (p Payout) wornOut(c Claim) bool {
	if c.Source == FromQuery {
		return false
	}
	keys, times := p.keysOf(c), 0
	for _, e := range p.History {
		if slices.Contains(keys, e.ClaimKey) {
			times++
		}
	}
	return times >= mostRepeated || p.foundNoRoom(c)
}

// doubts are the facts with which a claim takes an attempt's certainty away, none for one that is
// worn out.
func (p Payout) doubts(c Claim, about Attempt) []Fact {
	if p.wornOut(c) {
		return nil
	}
	return p.Heard.wavering(about)
}

// trace leaves a mark of a word that moves nothing, so that two people do not agree over a
// word that came between them: an entry, or one more on the count where it is in the history
// already, or finds no room. Nobody is asked or called for it again. What somebody could repeat
// for ever leaves no more than [mostCounted] marks; a new word always leaves one.
func (p Payout) trace(c Claim) Decision {
	known := p.heard(c)
	cheap := known || c.forgeable() && !p.hasRoom()
	switch {
	case cheap && p.HistoryDropped >= mostCounted:
		return repeated
	case known:
		return Decision{Verdict: Noted, Change: &Change{At: c.At, Dropped: true}}
	}
	d := p.write(c, Change{})
	d.Verdict = Noted
	return d
}
