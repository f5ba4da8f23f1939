package edge

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// controlsPath is served by operate-payout, which starts without any provider's secret: a night on
// which a key was rotated badly is a night on which somebody holds (decision 0024).
const controlsPath = "/v1/controls"

// serveControls shows the controls, or changes them. An order is answered with the controls as they
// are afterwards, since the next order that loosens has to name their version.
func (d Operate) serveControls(ctx context.Context, e Event) Reply {
	if e.RequestContext.HTTP.Method == http.MethodGet {
		return d.showControls(ctx, e, http.StatusOK)
	}
	if p := routed(e, http.MethodPost, controlsPath); p != nil {
		return p.reply(ctx, e)
	}
	order, p := readControlOrder(e)
	if p != nil {
		return p.reply(ctx, e)
	}
	set, err := d.Operator.SetControls(ctx, order)
	if err != nil {
		return d.refused(ctx, e, err)
	}
	// The audit level: LOG_LEVEL=ERROR must not hide who released what.
	d.Log.LogAttrs(ctx, LevelAudit, "controls ordered", slog.String("request_id", requestID(ctx, e)),
		slog.String("principal", payout.Printable(string(order.By))), slog.Bool("awaiting", set.Awaiting),
		slog.String("in_force", set.Controls.Summary()))
	status := http.StatusOK
	// 202 tells a script that nothing was released: one person only proposed it.
	if set.Awaiting {
		status = http.StatusAccepted
	}
	return d.showControls(ctx, e, status)
}

// readControlOrder decodes an order about the controls. Who gives it comes from the signature
// of the request. Only the shape is judged here. Whether a gate, a scope or a belief exists, and
// whether the order tightens or loosens, is the domain's to say.
func readControlOrder(e Event) (payout.ControlOrder, *Problem) {
	by, identities := caller(e)
	if by == "" {
		p := problem(http.StatusForbidden, PrincipalMissing, "an order needs a principal: sign the request")
		return payout.ControlOrder{}, &p
	}
	raw, err := body(e, BodyLimit)
	if err != nil {
		p := unreadableProblem(err)
		return payout.ControlOrder{}, &p
	}
	tree, err := jsontree.Parse(raw, jsontree.DefaultLimits)
	if err != nil {
		p := unreadableProblem(err)
		return payout.ControlOrder{}, &p
	}
	var (
		d         decoder
		callbacks string
		gates     = map[string]string{}
		order     = payout.ControlOrder{By: by, Identities: identities}
	)
	d.object("", tree, members{
		"reason": d.text(&order.Reason), "version": d.version(&order.Seen), "callbacks": d.text(&callbacks),
		"submissions": d.texts(gates), "caps": d.caps(&order.Change.Caps),
	})
	if len(d.faults) > 0 {
		p := problem(http.StatusBadRequest, InvalidBody, "the order could not be read; errors lists every fault")
		p.Errors = fieldErrors(d.faults)
		return payout.ControlOrder{}, &p
	}
	order.Change.Callbacks = payout.Belief(callbacks)
	for scope, gate := range gates {
		if order.Change.Submissions == nil {
			order.Change.Submissions = map[payout.Scope]payout.Gate{}
		}
		order.Change.Submissions[payout.Scope(scope)] = payout.Gate(gate)
	}
	return order, nil
}

// version reads a whole number from zero on: the controls begin there. It is a pointer, so that a
// version that was left out is told from version 0: an order that tightens may leave it out, one
// that loosens must not (decision 0024).
func (d *decoder) version(into **int) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		n, err := strconv.Atoi(v.Literal())
		if v.Kind() != jsontree.Number || err != nil || n < 0 {
			d.fault(pointer, "must be a whole number, as GET /v1/controls shows it")
			return
		}
		*into = &n
	}
}

// caps reads the most that one payout may move, by currency; null takes a cap away. Amounts are
// text in major units, as in a create request, so that nobody writes a cap that is a hundred times
// too high.
func (d *decoder) caps(into *map[money.Currency]money.Amount) func(string, jsontree.Value) {
	return func(pointer string, v jsontree.Value) {
		if v.Kind() != jsontree.Object {
			d.fault(pointer, `must be an object such as {"KHR": "1000000"}`)
			return
		}
		caps := map[money.Currency]money.Amount{}
		for _, m := range v.Members() {
			of := money.Currency(m.Name)
			if m.Value.Kind() == jsontree.Null {
				// The zero amount stands for "no cap". A currency that is left out is absent from
				// the map, and its cap stays.
				caps[of] = money.Amount{}
				continue
			}
			text, _ := m.Value.Text()
			most, err := money.Parse(text, of)
			if err != nil {
				d.fault(pointer+"/"+escapePointer(m.Name), `must be decimal text in quotes, such as "50000", or null, for KHR or USD`)
				continue
			}
			caps[of] = most
		}
		*into = caps
	}
}

// controlsView is the answer of GET and POST /v1/controls. Submissions, Caps and Callbacks are what
// people have ordered. InForce is what a submission meets: it counts the parameters of the stack
// and a restore as well, and HeldBy says which of them.
type controlsView struct {
	Version     int                             `json:"version"`
	Submissions map[payout.Scope]payout.Gate    `json:"submissions"`
	Caps        map[money.Currency]*string      `json:"caps"`
	Callbacks   payout.Belief                   `json:"callbacks"`
	InForce     map[payout.Provider]payout.Gate `json:"in_force"`
	HeldBy      map[payout.Provider][]string    `json:"held_by,omitempty"`
	// Restored is there until two people have ordered the controls anew after a restore.
	Restored *restoredView `json:"restored,omitempty"`
	Pauses   []pauseView   `json:"pauses"`
	// Awaiting is the newest of the proposals.
	Awaiting  *controlProposalView  `json:"awaiting,omitempty"`
	Proposals []controlProposalView `json:"proposals,omitempty"`
	Changes   []controlEntryView    `json:"changes"`
}

// restoredView tells whoever looks that the backup's controls are not believed (decision 0024).
type restoredView struct {
	At     string `json:"at"`
	Detail string `json:"detail"`
}

// released says how.
const released = "the table was restored from a backup: everything is held and no callback is believed until two people state all of the controls in one order - " +
	"submissions (all and each provider), caps (each currency) and callbacks"

// pauseView is an automatic pause of the circuit breaker. Nobody orders it, and it never lifts a
// control; it is shown here because on call both answer the same question: why does nothing go?
type pauseView struct {
	Provider payout.Provider `json:"provider"`
	Why      string          `json:"why"`
	// CreatedBy is whose payouts it holds; left out: everybody's.
	CreatedBy payout.Principal `json:"created_by,omitempty"`
	// BroughtBy are those whose payouts brought it; the others try the provider before them.
	BroughtBy []payout.Principal `json:"brought_by,omitempty"`
	Since     string             `json:"since,omitempty"`
	Until     string             `json:"until,omitempty"`
}

// bringers names those whose payouts brought a pause, in the order in which they may try the
// provider again (decision 0009).
func bringers(p payout.Pause) []payout.Principal {
	var all []payout.Principal
	for _, each := range p.Brought {
		all = append(all, each.By)
	}
	return all
}

// controlSettingsView is the controls before or after a change, or the change that a proposal asks
// for. What a proposal leaves out stays as it is.
type controlSettingsView struct {
	Submissions map[payout.Scope]payout.Gate `json:"submissions,omitempty"`
	Caps        map[money.Currency]*string   `json:"caps,omitempty"`
	Callbacks   payout.Belief                `json:"callbacks,omitempty"`
}

// controlEntryView is one entry of the log of changes, which is appended to and never edited.
// Person and Second are names of the register; a caller that it does not know has a principal
// alone, since anybody with the right may tighten.
type controlEntryView struct {
	Version int                 `json:"version"`
	At      string              `json:"at"`
	By      payout.Principal    `json:"by"`
	Person  payout.Person       `json:"person,omitempty"`
	Second  payout.Person       `json:"proposed_by,omitempty"`
	Reason  string              `json:"reason"`
	Before  controlSettingsView `json:"before"`
	After   controlSettingsView `json:"after"`
}

// controlProposalView is an order that loosens and waits for a second person. Change is what that
// person has to order too, no more and no less.
type controlProposalView struct {
	Change controlSettingsView `json:"change"`
	By     payout.Principal    `json:"by"`
	Person payout.Person       `json:"person"`
	Reason string              `json:"reason"`
	At     string              `json:"at"`
}

func (d Operate) showControls(ctx context.Context, e Event, status int) Reply {
	room, err := d.Operator.Controls(ctx)
	if err != nil {
		return d.refused(ctx, e, err)
	}
	return jsonReply(status, viewControls(room))
}

// viewControls shows the controls. Lists that are always there are [] when they are empty, and not
// null, so that a client can walk them without a check.
func viewControls(room payout.ControlRoom) controlsView {
	v := controlsView{
		Version: room.Controls.Version, Submissions: gatesOf(room.Controls.Submissions), Caps: capsOf(room.Controls.Caps),
		Callbacks: room.Controls.Belief(), InForce: map[payout.Provider]payout.Gate{}, HeldBy: map[payout.Provider][]string{},
		Pauses: []pauseView{}, Changes: []controlEntryView{},
	}
	if !room.RestoredAt.IsZero() {
		v.Restored = &restoredView{instant(room.RestoredAt), released}
		for _, scope := range payout.Scopes() { // held_by shows which of them people have held
			v.Submissions[scope] = payout.GateHeld
		}
	}
	for _, p := range payout.Providers() {
		v.InForce[p] = payout.GateOpen
		if why := room.HeldBy(p); len(why) > 0 {
			v.InForce[p], v.HeldBy[p] = payout.GateHeld, why
		}
		if pause, there := room.Pauses[p]; there {
			v.Pauses = append(v.Pauses, pauseView{p, pause.Why, pause.By, bringers(pause), instant(pause.Since), instant(pause.Until)})
		}
	}
	for _, o := range room.Proposals {
		change := settingsOf(o.Change.Submissions, o.Change.Caps, o.Change.Callbacks)
		v.Proposals = append(v.Proposals, controlProposalView{change, o.By, o.Person, o.Reason, instant(o.At)})
		v.Awaiting = &v.Proposals[0]
	}
	for _, c := range room.Changes {
		v.Changes = append(v.Changes, controlEntryView{
			Version: c.Version, At: instant(c.At), By: c.By, Person: c.Person, Second: c.Second, Reason: c.Reason,
			Before: settingsOf(c.Before.Submissions, c.Before.Caps, c.Before.Belief()),
			After:  settingsOf(c.After.Submissions, c.After.Caps, c.After.Belief()),
		})
	}
	return v
}

func settingsOf(gates map[payout.Scope]payout.Gate, caps map[money.Currency]money.Amount, b payout.Belief) controlSettingsView {
	return controlSettingsView{Submissions: gates, Caps: capsOf(caps), Callbacks: b}
}

// gatesOf names every gate; one that was never ordered is open.
func gatesOf(set map[payout.Scope]payout.Gate) map[payout.Scope]payout.Gate {
	all := map[payout.Scope]payout.Gate{}
	for _, scope := range payout.Scopes() {
		all[scope] = payout.GateOpen
		if gate, there := set[scope]; there {
			all[scope] = gate
		}
	}
	return all
}

// capsOf writes amounts in major units; null is no cap.
func capsOf(set map[money.Currency]money.Amount) map[money.Currency]*string {
	caps := map[money.Currency]*string{}
	for of, most := range set {
		caps[of] = nil
		if !most.IsZero() {
			text := most.String()
			caps[of] = &text
		}
	}
	return caps
}
