package payout

import "time"

// Times that hang together. A test holds what each of them says of the others: whoever changes
// one learns which others have to move.
const (
	// AnswerWithin bounds the wait for a provider's answer, and for the merchant's endpoint's.
	AnswerWithin = 15 * time.Second
	// recordWithin is left to store what was answered.
	recordWithin = 3 * time.Second
	// postNeeds is the time that a submission must have left, of its lease and of the
	// invocation. Starting one later could leave a payout that was sent and says it was not.
	postNeeds = AnswerWithin + recordWithin
	// leaseFor is how long one process holds the right to submit a payout. It outlasts the
	// request that the merchant waits for and the submission in it.
	leaseFor = 60 * time.Second
	// longestRequest is how long a request can be under way: the gateway's limit.
	longestRequest = 30 * time.Second
	// absentFor is how old an id on a recipient's list may be whose payout is not stored:
	// between the note and the fence lie seconds.
	absentFor = 2 * time.Minute

	// DefaultFirstQuery lies behind every lease and the usual callback, so that a payout
	// that goes well is never asked about.
	DefaultFirstQuery = 90 * time.Second
	// visibility is how long a sweep owns what it has taken up. A sweep that dies leaves the
	// payout to a later one after that time, when no lease that it took counts any more.
	visibility = 90 * time.Second

	// sharedFor is how long a glance at the shared state is good for. It bounds how much later than one
	// function another one learns of trouble: within ten seconds, by the contract.
	sharedFor = 5 * time.Second
	// blindFor is how long submissions go on while the shared state cannot be read. After that they
	// are held: nobody can tell whether somebody has ordered a hold.
	blindFor = 30 * time.Second
	// probeFor is how long one probe keeps others back: longer than an answer takes.
	probeFor = 30 * time.Second

	// attemptNeeds is what one attempt to tell the merchant may take, with a second to note it.
	// A round that has less time left stops.
	attemptNeeds = AnswerWithin + time.Second
	// noticeLease is how long one process may tell. It outlasts a round.
	noticeLease = 60 * time.Second
	// notifyWithin is how long after an event the sweep looks whether the merchant was told of
	// it. The table's stream tells within a second or two; the sweep is for the day on which it
	// does not.
	notifyWithin = 90 * time.Second
)
