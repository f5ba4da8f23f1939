package payout

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// at is the word that an attempt was sent under an account of the provider's: a project, a
// merchant number. A provider refuses a repeated reference within one account alone, and
// knows nothing of those of another one.
func at(account string, turn int) word {
	digest := sha256.Sum256([]byte(account))
	w := "at-" + hex.EncodeToString(digest[:4])
	if turn > 1 {
		w += "." + strconv.Itoa(turn)
	}
	return word(w)
}

// accounts are the facts of the accounts under which something of an attempt may have
// arrived, and the turn that they are of. A turn begins when an attempt of which certainly
// nothing has arrived is sent under another account: those of before it mean nothing.
func (h Heard) accounts(a Attempt) (of []Fact, turn int) {
	prefix := string(a.fact("at-"))
	for _, f := range h {
		if !strings.HasPrefix(string(f), prefix) {
			continue
		}
		n, name := 1, string(f)[len(prefix):]
		name, number, later := strings.Cut(name, ".")
		if later {
			n, _ = strconv.Atoi(number)
		}
		if n > turn {
			of, turn = nil, n
		}
		if n == turn && name != "" {
			of = append(of, f)
		}
	}
	return of, turn
}

// anywhere is the fact that begins a turn of which no account is known, none if none is known
// now: nothing had arrived under it, and a lost table may have sent the attempt under another.
func (h Heard) anywhere(a Attempt) []Fact {
	known, turn := h.accounts(a)
	if len(known) == 0 {
		return nil
	}
	return []Fact{a.fact(word("at-." + strconv.Itoa(turn+1)))}
}

// elsewhere reports whether an attempt was sent under another account than this one, or
// under several.
func (h Heard) elsewhere(a Attempt, account string) bool {
	known, turn := h.accounts(a)
	return len(known) > 0 && (len(known) > 1 || known[0] != a.fact(at(account, turn)))
}

// under is the fact that an attempt is sent under an account now. Arrived says that something
// of it may have arrived before; then it must not go under another one, and ok is false.
func (h Heard) under(a Attempt, account string, arrived bool) (facts []Fact, ok bool) {
	known, turn := h.accounts(a)
	switch {
	case len(known) == 0:
		return []Fact{a.fact(at(account, turn))}, true
	case !h.elsewhere(a, account):
		return nil, true
	}
	return []Fact{a.fact(at(account, turn+1))}, !arrived
}

// ofAnotherAccount is the answer of an account under which the payout was not sent. That it
// failed there for certain, or is not found, says nothing of ours. Any other word about it,
// under a number that we alone give out, is kept, and people are called: the payout may be
// paid under both.
func (c Claim) ofAnotherAccount() Claim {
	if c.Finding.states() && (c.Finding != FoundFailed || c.Doubtful) {
		c.Suspect = "the payout was sent under another account of the provider's, and this one has it too"
		return c
	}
	return Claim{Finding: FoundUnclear, Message: "the payout was sent under another account of the provider's; this one knows nothing of it", At: c.At}
}
