package payout

import "slices"

// mostCounted bounds how many words are counted: whoever holds an old callback can send it
// for ever, and must not keep two people from agreeing for ever.
const mostCounted = 30

// heard reports whether the same claim is in the history.
func (p Payout) heard(c Claim) bool {
	key := c.Key()
	if !p.RedactedAt.IsZero() {
		key = withoutDescription(key)
	}
	return slices.ContainsFunc(p.History, func(e Entry) bool { return e.ClaimKey == key })
}

// knows reports whether the very bytes of a claim are in the history.
func (p Payout) knows(c Claim) bool {
	evidence, key := HashEvidence(c.Raw), c.Key()
	return evidence != "" && slices.ContainsFunc(p.History, func(e Entry) bool { return e.Evidence == evidence && e.ClaimKey == key })
}

// reliesOnSilence reports whether somebody is about to decide on the strength of "nothing was
// heard since", and the callback is no failure, so that it has to leave a trace: a question is
// under way, a person's order waits for the second one, or the payout has failed. The very
// bytes that were heard before are no news.
func (p Payout) reliesOnSilence(c Claim) bool {
	if c.Source != FromCallback || c.Finding == FoundFailed || p.Status == Orphan || p.knows(c) {
		return false
	}
	taken := !p.DueAt.Equal(earlier(p.QueryAt, p.Notice.At))
	if p.heard(c) { // in other bytes
		return (taken || p.Proposal.Entries > 0) && !c.Padded
	}
	return taken && !p.Status.Final() || p.Proposal.Entries > 0 || p.Status == Failed
}

// wornOut reports whether a claim has been heard before, and often enough: blanks are not
// signed, so bytes tell nothing.
func (p Payout) wornOut(c Claim, about Attempt) bool {
	return p.Heard.wavered(about) >= mostRepeated && p.heard(c)
}

// trace leaves a mark of a word that moves nothing, so that two people do not agree over a
// word that came between them: an entry, or one more on the count where it is in the history
// already, or finds no room. Nobody is asked or called for it again.
func (p Payout) trace(c Claim) Decision {
	known := p.heard(c)
	if (known || !p.hasRoom()) && p.HistoryDropped >= mostCounted {
		return repeated
	}
	if known {
		return Decision{Verdict: Noted, Change: &Change{At: c.At, Dropped: true}}
	}
	d := p.write(c, Change{})
	d.Verdict = Noted
	return d
}
