package payout

import (
	"testing"
	"time"
)

// Each line is a sentence of the design; a time that is changed alone breaks one of them.
func TestTheTimesFitEachOther(t *testing.T) {
	for _, rule := range []struct {
		less, more time.Duration
		why        string
	}{
		{AnswerWithin + recordWithin, postNeeds + 1, "an answer that came could not be recorded in time"},
		{postNeeds, longestRequest, "no request from the gateway could ever submit"},
		{postNeeds, leaseFor, "a submission would outlive the right to it"},
		{longestRequest, leaseFor, "a merchant would be answered for a payout that somebody else may take"},
		{leaseFor, visibility, "the next sweep would find the last one's submission under way"},
		{leaseFor, DefaultFirstQuery, "a question would be asked while the submission may still be sent"},
		{longestRequest + leaseFor, absentFor, "a payout on its way to the fence would not be seen by the same money"},
		{2 * sharedFor, 10*time.Second + 1, "a brake would not hold within ten seconds"},
		{sharedFor, blindFor, "one failed reading would hold everything"},
		{AnswerWithin, probeFor, "a second probe would go before the first one is answered"},
		{attemptNeeds, noticeLease, "two processes would tell one event"},
		{noticeLease, notifyWithin, "the sweep would tell what the stream is telling"},
	} {
		if rule.less >= rule.more {
			t.Errorf("%v is not less than %v: %s", rule.less, rule.more, rule.why)
		}
	}
}
