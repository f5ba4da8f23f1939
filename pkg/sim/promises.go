package sim

// The promises that this page names are judged in more places than one, or by judges
// that say more than their name. Their text is what a break is known by: a kept history must
// break the same promise as when it was found, and -only names one by it. Whoever rewords a
// promise records the histories anew.
const (
	queuedUnsent  = "queued is certainly not sent"
	slowCounts    = "the answer of a slow process counts"
	onceTaken     = "two sweeps never do the same work"
	countedAll    = "every submission is counted"
	decidedOnRead = "what is decided is written about what was read"
	reasonKept    = "no reason for attention is lost"
	againstAWord  = "nothing is sent against a word"
	redactedSent  = "a redacted payout is never sent"
	redactedMute  = "a redacted payout is no replay, and never not started"
	sameOrder     = "two people confirm the same thing"
	endAlone      = "people end nothing alone"
	olderFile     = "a file ends nothing that was sent after it was there"
	safeIsSafe    = "safe to pay again is never said of what pays"
	rightReason   = "the reason for attention is the right one"
	missingReason = "what a person has to know is raised"
	oneOfSimilar  = "of two creates of one payment one is sent"
	boundedItem   = "an item does not grow, and its texts are harmless"
	executedOnce  = "a payout is executed at most once"
	takenByStore  = "every write is one that the real store takes"
	fewRepeats    = "a lost payout is repeated by itself a few times only"
	heldSimilar   = "a create is held while the same payment is unknown"
	fedOnce       = "an event stands in the feed once"
	returnedOnce  = "the merchant is told of a return once, and of nothing else as one"
	soundAdvice   = "nobody is told to do what could pay twice, or lose a payment"
	heldDoubted   = "the same payment is held while another one is doubted"
)
