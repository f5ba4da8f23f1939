package sim

import (
	"net/http"
	"slices"

	"cambodia-payouts/pkg/monetix"
)

// reversal is how Monetix may put a return too: a payment that is a success, with an
// operation of this type.
const reversal = "reversal"

// The rows of Monetix' tables, as the provider's pages list them. They are written
// down here once more: the judges must not learn from the code that they judge. Those about the
// data refuse for certain; those about us refuse nobody's payout; those of duplicates say that
// the number is taken. Of the operations' codes most are reasons for people, a few look like a
// time-out and may hide a payment, some are followed by another try, and some belong to what is
// not over.
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
)

// refusalWeights make the first code the usual one. With equal weights the one usual refusal
// would be as rare as the thirty others.
var refusalWeights = append([]int{60}, slices.Repeat([]int{1}, len(requestData)-1)...)

// sense implements model. An error that says "the number is taken" says nothing of the end: after
// a second submission the first one may be paid.
func (monetixModel) sense(u utterance) sense {
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

// doubtful implements model.
func (monetixModel) doubtful(u utterance) bool { return slices.Contains(operationDoubtful, u.code) }

// speak implements model. Every row of the tables is drawn by some history, the usual ones by
// most: a mistake in a row that no history uses would be found by nobody.
func (monetixModel) speak(w *world) manner {
	c := w.choices
	m := manner{of: monetix.Name, busy: utterance{monetixBusy[0], "9999"}, no: utterance{"decline", operationFinal[0]}, odd: utterance{monetixStrange[0], "0"}, back: "reversed"}
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

// put implements model.
func (monetixModel) put(m manner, state ending) utterance {
	switch state {
	case paid:
		return utterance{"success", "0"}
	case returned:
		return utterance{m.back, "0"}
	case endless:
		return m.busy
	}
	return m.no
}

// doubt implements model: a code that looks like a time-out. Monetix may have tried again since,
// and then says no with another code.
func (monetixModel) doubt(w *world, m *manner) {
	code := operationDoubtful[w.choices.pick(len(operationDoubtful))]
	m.no = utterance{"decline", code}
	if w.choices.chance(50) {
		m.no.code, m.tries = operationFinal[0], []string{code}
	}
}

// certain implements model.
func (monetixModel) certain(m *manner) {
	m.no, m.tries = utterance{"decline", operationFinal[0]}, nil
}

// turnedAway draws an answer about who we are, in place of taking a payout in;
// nothing was registered then. A rotated key, a firewall, a project that was closed: such an
// answer must pause submissions and must not cost a reference.
func (w *world) turnedAway() (answer, bool) {
	if w.scripted != nil || !w.choices.chance(2) {
		return answer{}, false
	}
	code := requestAboutUs[w.choices.pick(len(requestAboutUs))]
	a := monetixRefusal([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound}[w.choices.pick(3)], code)
	a.says = saysAboutUs
	return a, true
}
