package sandbox

// State is where a payout stands at the sandbox. It is the sandbox's own word: neither provider's,
// and none of ours.
type State string

// The states.
const (
	Processing State = "processing"
	Paid       State = "paid"
	Failed     State = "failed"
	Returned   State = "returned" // paid, and the money came back
	Odd        State = "odd"      // a status that no page lists
)

// reply is how a request is answered. It decides whether the caller can know what became of the
// request, and says nothing of the payout itself.
type reply int

const (
	taken     reply = iota // as documented: accepted, processing
	atOnce                 // the end is in the answer
	refused                // a documented refusal of what the request says
	forbidden              // a refusal of who sent it
	lost                   // the connection ends without an answer
	unread                 // the same, before the request was looked at
	slow                   // the answer comes when nobody waits any more
	broken                 // HTTP 500
	garbage                // HTTP 200 with something that is not JSON
	elsewhere              // a redirect
)

// word is one callback. What it says need not be true: the script's end is what a status query is
// told.
type word struct {
	says   State
	forged bool // signed with another key
	times  int  // the amount, multiplied
	copies int  // how often it is sent, beyond once
}

// Script is one way to behave, chosen by the last four digits of the account
// number. Documents, tests and people name scripts by these digits, so that a code keeps its
// meaning.
type Script struct {
	Code string
	Name string
	Says string // for people

	reply reply
	// end is what a status query is told after the delay.
	end State
	// callbacks are what is said, in this order; none means silence.
	callbacks []word
	// early sends the first callback before the request is answered.
	early bool
	// tries are the codes with which tries before the last one were declined, where Monetix
	// tries again by itself: a status query is told of all of them.
	tries []string
	// firstPaid: the first try looked like a time-out, and is what paid.
	firstPaid bool
}

// moves reports whether money leaves.
func (s Script) moves() bool { return s.end == Paid || s.end == Returned }

// plainSuccess is what every account number without a script gets. Its code is no four digits, so
// that no account number can name it.
var plainSuccess = Script{
	Code: "other", Name: "success", Says: "paid, with a callback", end: Paid, callbacks: []word{{says: Paid}},
}

// scripts is the table of misbehaviour. Each row is an accident that a service has to survive
// without paying twice; cmd/local has a test that walks them at both providers.
var scripts = []Script{
	{Code: "9001", Name: "declined", Says: "declined by the bank, with a callback", end: Failed, callbacks: []word{{says: Failed}}},
	{Code: "9002", Name: "refused", Says: "refused at once for what the request says", reply: refused, end: Failed},
	{Code: "9003", Name: "silent", Says: "paid, and no callback ever comes", end: Paid},
	{Code: "9004", Name: "lost answer", Says: "paid, the answer is lost, and no callback comes", reply: lost, end: Paid},
	{Code: "9005", Name: "slow", Says: "paid, but the answer takes 20 seconds", reply: slow, end: Paid, callbacks: []word{{says: Paid}}},
	{Code: "9006", Name: "server error", Says: "answers HTTP 500, and pays all the same", reply: broken, end: Paid, callbacks: []word{{says: Paid}}},
	{Code: "9007", Name: "garbage", Says: "answers something that is not JSON, pays, and says no more", reply: garbage, end: Paid},
	{Code: "9008", Name: "redirect", Says: "redirects, and takes nothing", reply: elsewhere},
	{Code: "9009", Name: "repeated", Says: "paid; the callback comes three times, signed anew", end: Paid, callbacks: []word{{says: Paid, copies: 2}}},
	{Code: "9010", Name: "contradiction", Says: "a success, and later a decline", end: Paid, callbacks: []word{{says: Paid}, {says: Failed}}},
	{Code: "9011", Name: "forged first", Says: "a callback with a wrong signature, then the right one", end: Paid, callbacks: []word{{says: Failed, forged: true}, {says: Paid}}},
	{Code: "9012", Name: "wrong amount", Says: "a callback about a hundred times the amount; a status query tells the truth", end: Paid, callbacks: []word{{says: Paid, times: 100}}},
	{Code: "9013", Name: "returned", Says: "paid, and then the money comes back (Vexora documents no return: it says declined)", end: Returned, callbacks: []word{{says: Paid}, {says: Returned}}},
	{Code: "9014", Name: "endless", Says: "processing for ever", end: Processing},
	{Code: "9015", Name: "odd status", Says: "a callback with a status that no page lists; a status query says paid", end: Paid, callbacks: []word{{says: Odd}}},
	{Code: "9016", Name: "about us", Says: "refused because of who is asking (HTTP 403)", reply: forbidden},
	{Code: "9017", Name: "lost request", Says: "the connection ends before the request is read; nothing is paid", reply: unread},
	{Code: "9018", Name: "at once", Says: "paid before the answer (Vexora says so in it)", reply: atOnce, end: Paid, callbacks: []word{{says: Paid}}},
	{Code: "9019", Name: "step by step", Says: "a callback that it is processing, then that it is paid", end: Paid, callbacks: []word{{says: Processing}, {says: Paid}}},
	{Code: "9020", Name: "early callback", Says: "paid; the callback overtakes the answer", end: Paid, callbacks: []word{{says: Paid}}, early: true},
	{Code: "9021", Name: "declined after a time-out", Says: "declined; Monetix tells a status query of a try before, which looks like a time-out", end: Failed, callbacks: []word{{says: Failed}}, tries: []string{"20602"}},
	{Code: "9022", Name: "paid after tries", Says: "paid; Monetix tells a status query of two tries before that were declined", end: Paid, callbacks: []word{{says: Paid}}, tries: []string{"20602", "20101"}},
	{Code: "9023", Name: "paid by a time-out", Says: "paid by a try that looked like a time-out; the one after it was declined, and no callback comes", end: Paid, tries: []string{"20602"}, firstPaid: true},
}

// Scripts lists the table for people.
func Scripts() []Script { return append([]Script(nil), scripts...) }

// byAccount chooses by the last four digits. So whoever tries the service out needs no setting: the
// account number is part of the request.
func byAccount(_, account string) string {
	if len(account) < 4 {
		return plainSuccess.Code
	}
	return account[len(account)-4:]
}

// scriptOf finds a script. An unknown code is the plain success, since most account numbers end in
// any four digits.
func scriptOf(code string) Script {
	for _, s := range scripts {
		if s.Code == code {
			return s
		}
	}
	return plainSuccess
}
