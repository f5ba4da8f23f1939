package sim

import (
	"net/http"
	"slices"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// utterance is a provider's status word with the code beside it, as it stands on
// the wire.
type utterance struct{ status, code string }

// reversal is how Monetix may put a return too: a payment that is a success, with an
// operation of this type.
const reversal = "reversal"

// The rows of Monetix' tables, as the provider's pages list them. They are written
// down here once more: the judges must not learn from the code that they judge.
var (
	requestData = []string{
		"2641", "319", "502", "702", "2003", "2004", "2124", "2261", "2426", "2610", "2611", "3242", "3243", "2801", "3244",
		"309", "904", "1006", "2642", "3104", "3281", "3289", "3358", "3106", "3108", "3109", "3110", "3111", "3112", "3297", "3298",
		"504", "3028",
	}
	requestAboutUs = []string{
		"3261", "303", "310", "1004", "1005", "2442", "2541", "3023", "3024", "3026", "3119", "3121", "3262",
		"3291", "3292", "3293", "3299",
	}
	requestKnown   = []string{"3041", "3060", "3613", "10105"}
	requestStrange = []string{"7777", "1", ""}
	operationFinal = []string{
		"20000", "319", "2003", "2641", "20102", "20106", "20107", "20201", "20204", "20450", "20451", "309", "3104", "20101",
		"504", "3028", "10504", "20504", "402", "603", "2701", "3198", "3199", "10401", "10402", "20203", "20401", "20402",
		"100", "301", "10000", "10100", "20100", "20301", "314", "501", "601", "602", "2147", "3081", "3201", "10202", "10505",
		"10601", "10603", "20202", "20206", "20501", "20502", "20503", "20601", "20603", "20604", "20701", "20702", "20706",
		"303", "2442", "3023", "3119", "3291", "20205", "20705", "99999",
	}
	operationDoubtful   = []string{"20602", "10602", "20801", "20812"}
	operationRetried    = []string{"20602", "10602", "314", "601", "10505", "20202", "20101", "10000", "20100"} // Monetix may try again by itself
	operationUnfinished = []string{"20802", "9999", "19999", "29999", "20899"}
	monetixBusy         = []string{
		"processing", "external processing", "initial", "awaiting retry", "awaiting clarification", "awaiting approval",
		"awaiting confirmation", "awaiting finalization", "Awaiting_Retry",
	}
	monetixStrange = []string{"partially paid out", "internal error", "external error", "refunded"}
	vexoraStrange  = []string{"00032", "0001", "0029", "0100019"}
	vexoraOuter    = []string{"8000", "5000", "0001", "00032"}
)

// sense is what an utterance says by the provider's pages.
func (u utterance) sense(of payout.Provider) sense {
	if of == vexora.Name {
		if s, listed := map[string]sense{"0000": saysPaid, "0015": saysProcessing, "00029": saysFailed}[u.status]; listed {
			return s
		}
		return saysUnlisted
	}
	switch {
	case u.status == "success":
		return saysPaid
	case u.status == "reversed", u.status == reversal:
		return saysReturned
	case slices.Contains(monetixBusy, u.status):
		return saysProcessing
	case u.status != "decline" && u.status != "error", slices.Contains(operationUnfinished, u.code):
		return saysUnlisted
	case u.status == "error" && slices.Contains(requestKnown, u.code):
		return saysNothing
	}
	return saysFailed
}

// refusalWeights make the first code the usual one.
var refusalWeights = append([]int{60}, slices.Repeat([]int{1}, len(requestData)-1)...)

// manner is how a provider puts things, drawn once per payout.
type manner struct {
	of            payout.Provider
	busy, no, odd utterance
	refusal       answer
	back          string   // how a return is put
	tries         []string // the codes of the tries before the last one
}

// speak draws the manner; the first of everything is the ordinary one.
func (w *world) speak(of payout.Provider) manner {
	c := w.choices
	if of == vexora.Name {
		m := manner{of: of, busy: utterance{status: "0015"}, no: utterance{status: "00029"}, odd: utterance{status: vexoraStrange[0]}}
		if c.chance(5) {
			m.busy.status = vexoraStrange[c.pick(2)]
		}
		m.odd.status = vexoraStrange[c.weighted(70, 10, 10, 10)]
		m.refusal = vexoraAnswer(vexoraOuter[c.weighted(75, 10, 8, 7)], nil)
		return m
	}
	m := manner{of: of, busy: utterance{monetixBusy[0], "9999"}, no: utterance{"decline", operationFinal[0]}, odd: utterance{monetixStrange[0], "0"}, back: "reversed"}
	if c.chance(25) {
		m.busy.status = monetixBusy[c.pick(len(monetixBusy))]
	}
	switch c.weighted(53, 23, 12, 6, 3, 3) {
	case 1:
		m.no.code = operationFinal[c.pick(len(operationFinal))]
	case 2:
		m.no = utterance{"error", operationFinal[c.pick(len(operationFinal))]}
	case 3:
		m.no = utterance{[]string{"decline", "error"}[c.pick(2)], operationUnfinished[c.pick(len(operationUnfinished))]}
	case 4:
		m.no = utterance{"error", requestKnown[c.pick(len(requestKnown))]}
	case 5:
		m.no.code, m.back = operationFinal[c.pick(len(operationFinal))], reversal
		m.tries = []string{operationRetried[c.pick(len(operationRetried))], operationRetried[c.pick(len(operationRetried))]}
	}
	m.odd.status = monetixStrange[c.weighted(70, 10, 10, 10)]
	code := requestData[c.weighted(refusalWeights...)]
	if c.chance(8) {
		code = requestStrange[c.pick(len(requestStrange))]
	}
	m.refusal = monetixRefusal([]int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusNotFound}[c.weighted(80, 15, 5)], code)
	return m
}

// doubt is how a platform says no that it may take back: with a code that looks like
// a time-out. Monetix may have tried again since, and then says no with another code.
func (w *world) doubt(of payout.Provider, m *manner) {
	if of != monetix.Name {
		return
	}
	code := operationDoubtful[w.choices.pick(len(operationDoubtful))]
	m.no = utterance{"decline", code}
	if w.choices.chance(50) {
		m.no.code, m.tries = operationFinal[0], []string{code}
	}
}

// turnedAway draws an answer about who we are, in place of taking a payout in;
// nothing was registered then.
func (w *world) turnedAway(of payout.Provider) (answer, bool) {
	if of != monetix.Name || w.scripted != nil || !w.choices.chance(2) {
		return answer{}, false
	}
	code := requestAboutUs[w.choices.pick(len(requestAboutUs))]
	a := monetixRefusal([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound}[w.choices.pick(3)], code)
	a.says = saysAboutUs
	return a, true
}
