package payout

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Similar is a payout of the same money to the same recipient as another one, at the attempt at which
// they were compared: its id, and a dot and the attempt if that is not the first. A later attempt
// may pay once more, and nobody was shown it.
type Similar string

// SimilarOf names a payout at an attempt.
func SimilarOf(id ID, attempt Attempt) Similar {
	if attempt <= FirstAttempt {
		return Similar(id)
	}
	return Similar(fmt.Sprintf("%s.%d", id, attempt))
}

// ID is whose twin it is.
func (t Similar) ID() ID {
	id, _, _ := strings.Cut(string(t), ".")
	return ID(id)
}

// similarPayouts are the payouts of the same money to the same recipient that hold another one; the zero
// value is none.
type similarPayouts struct {
	all    []Similar // those that no order was given beside, in the order of the list
	by     Principal // who created the first of them; empty if nobody can tell
	kept   []Similar // those of the list that people want it beside
	others []Similar // those of the list that hold nobody
	full   bool      // the list has no room for it
	// stored: at least one of them is stored. Else they are on their way to the fence, or were
	// turned away and never come; after absentFor everybody knows.
	stored bool
}

func (t similarPayouts) none() bool { return len(t.all) == 0 }

// first is the one that stands for them where there is room for one; empty if there is none.
func (t similarPayouts) first() ID {
	if t.none() {
		return ""
	}
	return t.all[0].ID()
}

// and adds the payout of an entry.
func (t similarPayouts) and(m met, of Payout) similarPayouts {
	switch {
	case of.isBeside(m.twin):
		t.kept = with(t.kept, m.twin)
	case m.holds:
		if t.none() {
			t.by = m.payout.CreatedBy
		}
		t.all, t.stored = with(t.all, m.twin), t.stored || m.stored
	default:
		t.others = with(t.others, m.twin)
	}
	return t
}

// ofFull is these and whoever else stands on a full list. Without a place nobody on it would see
// the payout, so it goes by people's order alone, and they are shown all of it.
func (t similarPayouts) ofFull() similarPayouts {
	t.full, t.stored = true, true
	t.all = append(slices.Clip(t.all), t.others...)
	return t
}

func with(all []Similar, one Similar) []Similar {
	if slices.Contains(all, one) { // of several submissions
		return all
	}
	return append(all, one)
}

// refused says to whoever ordered a payout what it has to be compared with.
func (t similarPayouts) refused() error {
	if t.none() {
		return &OrderRefused{Problem: OrderBusy, Detail: "whether the same money goes to the same recipient could not be read, so nothing was sent; order it again"}
	}
	first, others, all := string(t.first()), "", "both"
	if t.by != "" {
		first += ", created by " + string(t.by.shown()) + ","
	}
	verb := "pays"
	if n := len(t.all); n > 1 {
		verb, others, all = "pay", fmt.Sprintf(" and %d more (similar_ids)", n-1), "it beside all of them"
	}
	if t.full {
		others += ", all that is on the recipient's full list,"
	}
	return notPossible("%s%s %s the same money to the same recipient; compare them, and order it again to have %s", first, others, verb, all)
}

// similarSize is what a payout's list of those that it is compared with takes besides them, and
// with each of them.
const (
	similarSize = 30
	similarEach = 1
)

// showing adds to a change what holds the payout, for people to see. An order that is given after
// that is beside all of it. False: there is no room for more than the first.
func (p Payout) showing(found similarPayouts, change Change) (Change, bool) {
	change.SimilarTo, change.SimilarBy = found.first(), found.by
	after := p
	after.Similar = slices.Concat(found.kept, found.all)
	beside, room := len(found.kept), len(after.Similar) <= len(p.Similar) || after.Size()+mostEntry <= rooms[ofOrder].size
	if !room {
		after.Similar, beside = found.all[:1:1], 0
	}
	change.Similar, change.Beside = after.Similar, &beside
	return change, room
}

// ordered is the payout as an order finds it: whoever gives it has seen what was shown.
func (p Payout) ordered() Payout {
	if len(p.Similar) == 0 && p.SimilarTo != "" { // earlier versions kept no more
		p.Similar = []Similar{SimilarOf(p.SimilarTo, FirstAttempt)}
	}
	p.Beside = len(p.Similar)
	return p
}

// isBeside reports whether people want the payout beside another one of the same money.
func (p Payout) isBeside(other Similar) bool {
	return slices.Contains(p.Similar[:min(p.Beside, len(p.Similar))], other) || p.Heard.beside(other)
}

// beside reports whether people have said so by a fact, as earlier versions kept it: of the first
// attempt, since they kept none.
func (h Heard) beside(other Similar) bool {
	return slices.ContainsFunc(h, func(f Fact) bool { return strings.HasSuffix(string(f), ".beside-"+string(other)) })
}

// compare looks for the same money to the same recipient before one person has a payout
// sent. What it finds it shows in the payout and refuses the order once; who gives it again
// has seen it. While the breaker stops the payout the order is refused with its error, and nothing is shown: an
// order that sends nothing must not tell which account gets the sum.
func (o *Operator) compare(ctx context.Context, p Payout, order Order) error {
	if why := o.ports.Breaker.Stops(ctx, p, o.ports.Now()); why != "" {
		return stopped(why)
	}
	found, err := o.ports.similar(ctx, o.policy, p.ordered())
	switch {
	case err != nil:
		return unavailable(err)
	case found.none():
		return nil
	}
	return o.show(ctx, p, order, found)
}

// show keeps what an order has to be compared with, and refuses it.
func (o *Operator) show(ctx context.Context, p Payout, order Order, found similarPayouts) error {
	if found.none() {
		return found.refused()
	}
	now := o.ports.Now()
	change, room := p.showing(found, Change{At: now})
	if !room {
		return notPossible("%d payouts of the same money to the same recipient are not settled, and the history of this one has no room for them; settle them first, or pay under a new reference, if that cannot pay twice", len(found.all))
	}
	if _, err := o.ports.Store.Apply(ctx, p.step(*p.withEntry(change, order.entry(now, p.Status, "not sent: the same money to the same recipient")))); err != nil {
		return unavailable(err)
	}
	return found.refused()
}

// metSimilar is the error of an order whose payout met others after its fence: nothing was sent.
type metSimilar struct{ found similarPayouts }

// Error implements error.
func (*metSimilar) Error() string {
	return "payout: the same money to the same recipient is being paid"
}

// beside finds the same money that went to the same recipient since it was looked for last. Met
// without anybody: nobody can tell. Only with a window: whoever creates a payout is on the list
// before he looks for others, and of two that are fenced at one moment at least one sees the other.
func (s *submitter) beside(ctx context.Context, p Payout, most int) (found similarPayouts, met bool) {
	policy := s.receiver.policy
	if policy.DuplicateWindow == 0 {
		return similarPayouts{}, false
	}
	list, err := s.relisted(ctx, p, most)
	if err != nil {
		return similarPayouts{}, true
	}
	found, _, err = s.ports.compareWith(ctx, policy, list, p)
	return found, err != nil || !found.none()
}
