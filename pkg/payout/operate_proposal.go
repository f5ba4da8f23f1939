package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Action is something that only a person may order.
type Action string

// The actions.
const (
	Cancel      Action = "cancel"
	Resolve     Action = "resolve"
	Resend      Action = "resend"
	ResendEvent Action = "resend-event"
)

// Resolution is what two people say a payout has come to.
type Resolution string

// The resolutions.
const (
	ResolvedSucceeded Resolution = "succeeded"
	ResolvedFailed    Resolution = "failed"
	// Reviewed moves nothing: what raised attention was looked into, and the
	// payout stands as it is.
	Reviewed Resolution = "reviewed"
)

// Proposal is an order that one person has given and that another one has to give as
// well, about the same payout as it stood, on the same evidence. The zero proposal is
// none.
type Proposal struct {
	Action Action
	As     Resolution // of a Resolve
	By     Principal
	Person Person
	// Identity is what the register knew the person by: names are respelt, and people leave.
	Identity Principal
	At       time.Time
	// Evidence is the lower-case hexadecimal SHA-256 of what the order rests on; see
	// [Order.grounds].
	Evidence string
	// Attempt is the one that the payout was at, and Entries is how many entries its
	// history had, those that found no room included, when the proposal was in it.
	Attempt Attempt
	Entries int
}

// proposalFor is how long an order waits for its second person. After that,
// what the first one knew may no longer be so.
const proposalFor = 24 * time.Hour

// Replaced names the other person whose order the payout's proposal took the place of, "" for
// nobody: that order is what was written just before this one, and still waited. What the
// merchant was told of stands between them, and moves nothing. It looks for the latest entry:
// one person may give two orders within the millisecond that stores keep of a time.
func (p Payout) Replaced() Person {
	own := func(e Entry) bool { return e.Proposer == p.Proposal.Person && e.At.Equal(p.Proposal.At) }
	proposed := false
	for _, e := range slices.Backward(p.History) {
		switch {
		case e.Source == FromNotifier:
		case !proposed && own(e):
			proposed = true
		case !proposed:
		case e.Proposer == p.Proposal.Person, p.Proposal.At.Sub(e.At) > proposalFor:
			return ""
		default:
			return e.Proposer
		}
	}
	return ""
}

// entries counts what was ever written about the money of the payout. How far the merchant was
// told is left out: whoever may order it told again must not hold people up.
func (p Payout) entries() int {
	about := p.HistoryDropped
	for _, e := range p.History {
		if e.Source != FromNotifier {
			about++
		}
	}
	return about
}

// waiting reports whether the payout's proposal is the same order, still waits, and is
// about the payout as it stands: nothing was written since. A proposal of before a restore was
// about the table that was lost, which may have carried it out.
func (p Payout) waiting(order Proposal, restored time.Time) bool {
	o := p.Proposal
	return o.At.After(restored) && o.Action == order.Action && o.As == order.As && o.Evidence == order.Evidence &&
		o.Attempt == p.Attempt && o.Entries == p.entries() && order.At.Sub(o.At) <= proposalFor
}

// grounds is what two people have to agree on: the evidence, or the reason where an
// order needs no evidence.
func (o Order) grounds() []byte {
	if evidence := strings.TrimSpace(o.Evidence); evidence != "" {
		return []byte(evidence)
	}
	return []byte(strings.TrimSpace(o.Reason))
}

// errAwaiting ends a change that has only been proposed.
var errAwaiting = errors.New("payout: awaiting a second person")

// signatory is the registered person behind an order for two.
type signatory struct {
	person   Person
	identity Principal
	// whois looks another identity up, as the register stands now.
	whois func(Principal) (Person, error)
}

// who finds the person behind an order for two.
func who(ctx context.Context, people People, identities []Principal) (signatory, error) {
	by := signatory{whois: func(identity Principal) (Person, error) { return people.Who(ctx, []Principal{identity}) }}
	person, err := people.Who(ctx, identities)
	switch {
	case err == nil:
		for _, identity := range identities {
			if known, err := by.whois(identity); err == nil && known == person {
				by.person, by.identity = person, identity
				return by, nil
			}
		}
		return by, unavailable(errRegisterMoved)
	case errors.Is(err, ErrNoRegister):
		return by, &OrderRefused{Problem: OrderPeopleNotRegistered, Detail: "this order takes two registered people, and no register of people is set", Cause: err}
	case errors.Is(err, ErrNotRegistered):
		return by, &OrderRefused{Problem: OrderPeopleNotRegistered, Detail: "this order takes two registered people, and you are not one of them", Cause: err}
	}
	return by, unregistered(err)
}

// unregistered is the error of an order while the register cannot be read.
func unregistered(cause error) error {
	return unavailable(fmt.Errorf("%w: %w", errRegister, cause))
}

// errRegisterMoved means that the register changed between two looks at it.
var errRegisterMoved = errors.New("payout: the register of people has just changed")

// first reports whether an order that a person gave before by some identity still stands,
// and whether it was somebody else's. It stands only as long as the register says the same of
// that identity. Whoever was taken out of it since counts no more. A role that went to
// somebody else would make one person two, and nothing tells that from a person who was
// renamed: he gives the order anew.
func (s signatory) first(person Person, identity Principal) (other, stands bool, err error) {
	now, err := s.whois(identity)
	switch {
	case errors.Is(err, ErrNotRegistered), errors.Is(err, ErrNoRegister):
		return false, false, nil
	case err != nil:
		return false, false, err
	}
	return now == person && now != s.person, now == person, nil
}

// propose keeps an order until a second person gives it as well. errAwaiting comes with
// the change to make, or with none if the same person repeats it; no error means that
// this is the second person.
func (p Payout) propose(order Order, action Action, by signatory, restored, now time.Time) (*Change, error) {
	fresh := Proposal{
		Action: action, As: order.As, By: order.By.shown(), Person: by.person, Identity: by.identity, At: now,
		Evidence: HashEvidence(order.grounds()), Attempt: p.Attempt, Entries: p.entries() + 1,
	}
	other, stands, err := by.first(p.Proposal.Person, p.Proposal.Identity)
	switch {
	case err != nil:
		return nil, unregistered(err)
	case !p.waiting(fresh, restored) || !stands:
		what := strings.TrimSpace(string(action)+" "+string(order.As)) + " proposed by " + string(by.person)
		change := Change{At: now, Proposal: &fresh, Entry: order.entry(now, p.Status, what)}
		change.Entry.Proposer = by.person
		if refused := p.proposable(change); refused != nil {
			return nil, refused
		}
		return &change, errAwaiting
	case !other:
		return nil, errAwaiting
	}
	return nil, nil
}

// mostProposals is how many orders of one person the history of a payout holds before he
// may propose no more. He may propose fewer where there is little room; see [Payout.shared].
const mostProposals = 8

// proposable refuses a proposal that takes others' room, or whose text would find none: the
// second person has to read what he confirms. It asks what the write itself will ask.
func (p Payout) proposable(change Change) error {
	fits := p.fit(change)
	if fits.Entry == nil {
		return notPossible("the payout's history is full; ask the provider, whose word still finds room")
	}
	after, person := change.Apply(p), change.Entry.Proposer
	given := after.proposedBy(person).entries
	switch {
	case given > mostProposals:
		return notPossible("you have given %d orders about this payout; somebody else has to propose the next", given-1)
	case len(fits.Entry.Raw) < len(change.Entry.Raw), !after.shared(person):
		return notPossible("what you wrote would take the room of others; say it shorter and name where the evidence is kept, or have somebody else propose it")
	}
	return nil
}

// taken is what proposals take of a payout's room.
type taken struct{ entries, size, bodies int }

// proposedBy is what one person's proposals take.
func (p Payout) proposedBy(person Person) taken {
	var t taken
	for _, e := range p.History {
		if e.Proposer == person {
			t.entries, t.size, t.bodies = t.entries+1, t.size+e.size(), t.bodies+len(e.Raw)
		}
	}
	return t
}

// shared reports whether one person's proposals leave others at least as much room as they
// take, and enough for the entry of whoever confirms.
func (p Payout) shared(person Person) bool {
	most, t := p.roomOf(ofOrder), p.proposedBy(person)
	return max(t.entries, 1) <= most.entries-len(p.History) &&
		max(t.size, mostEntry) <= most.size-p.Size() &&
		t.bodies <= most.bodies-p.bodies()
}

// confirmed names both people in the history: of a single sign-on, a principal names nobody.
func (p Payout) confirmed(what string, by signatory) string {
	return what + " by " + string(by.person) + ", as proposed by " + string(p.Proposal.Person)
}
