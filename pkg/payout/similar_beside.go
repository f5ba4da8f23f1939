package payout

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Similar is a payout of the same money to the same recipient as another one, as it was when they
// were compared: its id, and after dots the attempt and how often that was sent, unless it was the
// first and once. What was sent again may pay once more, and nobody was shown it.
type Similar string

// SimilarOf names a payout at an attempt, and how often that was sent.
func SimilarOf(id ID, attempt Attempt, sent int) Similar {
	if attempt == FirstAttempt && sent == 1 {
		return Similar(id)
	}
	return Similar(fmt.Sprintf("%s.%d.%d", id, attempt, sent))
}

func (p Payout) asSimilar() Similar { return SimilarOf(p.ID, p.Attempt, p.Sent) }

// ID is the payout's id.
func (s Similar) ID() ID {
	id, _, _ := strings.Cut(string(s), ".")
	return ID(id)
}

// again says which submission of the payout it is, as "attempt.submission"; empty for the first.
func (s Similar) again() string {
	if _, state, more := strings.Cut(string(s), "."); more {
		return " (submission " + state + ")"
	}
	return ""
}

// similarPayouts are the payouts of the same money to the same recipient that hold another one;
// the zero value is none.
type similarPayouts struct {
	all    []Similar // those that no order was given beside, in the order of the list
	by     Principal // who created the first of them; empty if nobody can tell
	kept   []Similar // those of the list that people want it beside
	others []met     // those of the list that hold nobody
	full   bool      // the list has no room for it
	// coming are on the list and not stored: on their way to the fence, or never made. After
	// absentFor everybody knows. Nobody can be shown them, so no order is beside them.
	coming []ID
}

// none reports whether nothing holds the payout. Beside a full list it goes if people have seen
// who stands on it.
func (s similarPayouts) none() bool {
	return len(s.all) == 0 && len(s.coming) == 0 && (!s.full || len(s.kept) > 0)
}

// shown reports whether people can be shown what holds the payout.
func (s similarPayouts) shown() bool { return len(s.all) > 0 }

// first is the one that stands for them where there is room for one; empty if there is none.
func (s similarPayouts) first() ID {
	if !s.shown() {
		return ""
	}
	return s.all[0].ID()
}

// and adds the payout of an entry.
func (s similarPayouts) and(m met, of Payout) similarPayouts {
	switch {
	case !m.stored && m.holds:
		s.coming = append(s.coming, m.similar.ID())
	case !m.stored:
	case of.isBeside(m.similar):
		s.kept = append(s.kept, m.similar)
	case m.holds:
		s = s.with(m)
	default:
		s.others = append(s.others, m)
	}
	return s
}

func (s similarPayouts) with(m met) similarPayouts {
	if !s.shown() {
		s.by = m.payout.CreatedBy
	}
	s.all = append(slices.Clip(s.all), m.similar)
	return s
}

// ofFull is these and whoever else stands on a full list. Without a place nobody on it would see
// the payout, so it goes by people's order alone, and they are shown all of it.
func (s similarPayouts) ofFull() similarPayouts {
	s.full = true
	for _, m := range s.others {
		s = s.with(m)
	}
	return s
}

// errComing is the error of an order beside a payout that is being created, or was noted by a
// request that came to nothing: nobody can be shown it yet.
var errComing = &OrderRefused{Problem: OrderBusy, Detail: "a payout of the same money to the same recipient is being created, or was and is not; nothing was sent, order it again in two minutes"}

// refused says to whoever ordered a payout what it has to be compared with.
func (s similarPayouts) refused() error {
	switch {
	case !s.shown() && len(s.coming) > 0:
		return errComing
	case !s.shown():
		return &OrderRefused{Problem: OrderBusy, Detail: "whether the same money goes to the same recipient could not be read, so nothing was sent; order it again"}
	}
	first, others, all := string(s.first())+s.all[0].again(), "", "both"
	if s.by != "" {
		first += ", created by " + string(s.by.shown()) + ","
	}
	verb := "pays"
	if n := len(s.all); n > 1 {
		verb, others, all = "pay", fmt.Sprintf(" and %d more (similar_ids)", n-1), "it beside all of them"
	}
	if s.full {
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
	var confirmed, seen []Similar // seen alone: by whoever gave this order, which is refused
	for _, s := range found.kept {
		if p.isBeside(s) {
			confirmed = append(confirmed, s)
		} else {
			seen = append(seen, s)
		}
	}
	after.Similar = slices.Concat(confirmed, seen, found.all)
	beside, room := len(confirmed), len(after.Similar) <= len(p.Similar) || after.Size()+mostEntry <= rooms[ofOrder].size
	if !room {
		after.Similar, beside = found.all[:1:1], 0
	}
	change.Similar, change.Beside = after.Similar, &beside
	return change, room
}

// ordered is the payout as an order finds it: whoever gives it has seen what was shown.
func (p Payout) ordered() Payout {
	if len(p.Similar) == 0 && p.SimilarTo != "" { // earlier versions kept no more
		p.Similar = []Similar{SimilarOf(p.SimilarTo, FirstAttempt, 1)}
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
// has seen it. While the breaker stops the payout the order is refused with its error, and nothing
// is shown: an order that sends nothing must not tell which account gets the sum.
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
	if !found.shown() {
		return found.refused()
	}
	now := o.ports.Now()
	change, room := p.showing(found, Change{At: now})
	if !room {
		return notPossible("%d payouts of the same money to the same recipient are not settled, and the history of this one has no room for them; settle them first, or pay under a new reference, if that cannot pay twice", len(found.all))
	}
	_, written, err := o.once(ctx, p, change, order.entry(now, p.Status, "not sent: the same money to the same recipient"))
	if err == nil && !written {
		err = errBusy
	}
	if err != nil {
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
	policy := s.policy
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
