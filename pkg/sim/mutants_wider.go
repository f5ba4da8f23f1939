package sim

import (
	"context"
	"slices"
	"strings"
	"time"

	"cambodia-payouts/pkg/payout"
)

// The mutants of the wider adversary: guards and notes that histories without erring
// people did not miss, and the new promises turned round.
var widerMutants = []*Mutant{
	{
		Name: "text-as-fields", Says: "believes the fields of a text that could be cut otherwise",
		aroundVerifier: verifier(func(claim payout.Claim) payout.Claim {
			claim.Ambiguous = ""
			return claim
		}),
	},
	{
		Name: "any-account", Says: "repeats a submission under another account than the one that has it",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return anyAccount{c} },
	},
	{
		Name: "account-for-granted", Says: "takes it for granted, after a restore, that the lost table used the account of now",
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.SameAccounts = payout.Refusing()
			return p
		},
	},
	{
		Name: "worn-out-is-nothing", Says: "asks nobody about a text that came too often to be counted",
		aroundStore: func(s session, _ *container) payout.Store { return incurious{s} },
	},
	{
		Name: "lost-attempts-forgotten", Says: "forgets that a lost table may have made later attempts of a payout",
		aroundStore: func(s session, _ *container) payout.Store { return carefree{s} },
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.Remembered = nil
			return p
		},
	},
	{
		Name: "repeats-after-restore", Says: "repeats by itself what was there before a restore, of which a client may have been told that it is over",
		aroundStore: func(s session, _ *container) payout.Store { return renewed{s} },
	},
	{
		Name: "controls-of-the-backup", Says: "takes the controls that a backup has for those in force",
		aroundStore: func(s session, _ *container) payout.Store { return backedUp{s} },
	},
	{
		Name: "controls-read-once", Says: "reads the controls at its start, and never again",
		aroundStore: func(s session, _ *container) payout.Store { return &remembering{session: s} },
	},
	{
		Name: "believes-in-spite", Says: "believes callbacks although the controls say that a key has leaked",
		aroundStore: func(s session, _ *container) payout.Store { return trusting{s} },
	},
	{
		Name: "counts-in-vain", Says: "counts what is submitted, and never finds it above the limit",
		aroundStore: func(s session, _ *container) payout.Store { return uncounting{s} },
	},
	{
		Name: "unbelieved-unheard", Says: "keeps a callback that is not believed, and no fact of it",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if e := step.Then.Entry; e != nil && strings.HasPrefix(e.Message, "not believed") {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		Name: "caps-unread", Says: "reads everything of the controls but the caps",
		aroundStore: func(s session, _ *container) payout.Store { return capless{s} },
	},
	{
		Name: "looks-before-the-fence-alone", Says: "compares what waited before its fence, and not once more after it",
		aroundStore: func(s session, c *container) payout.Store {
			return looksOnce{s, c, map[payout.RecipientKey]payout.Unsettled{}}
		},
	},
	{
		Name: "one-proposal", Says: "keeps one proposal for the controls, so that the next person writes over it",
		aroundStore: func(s session, _ *container) payout.Store { return oneOfEach{s} },
	},
	{
		Name: "proposal-used-twice", Says: "counts a first order about the controls that two people have used",
		aroundStore: func(s session, _ *container) payout.Store { return unused{s} },
	},
	{
		Name: "proposal-of-a-version", Says: "drops what waits for a second person with every change of the controls",
		aroundStore: func(s session, _ *container) payout.Store { return bound{s} },
	},
	{
		Name: "last-try-as-first", Says: "looks in the feed for its last try, and not back to the first one without an answer",
		aroundStore: func(s session, _ *container) payout.Store { return shortSighted{s} },
	},
	{
		Name: "step-without-version", Says: "writes what was decided about a payout that has changed since",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.Version = 0
			return step
		}),
	},
	{
		Name: "take-without-due", Says: "works on a due payout that another sweep has taken",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.DueAt = time.Time{}
			return step
		}),
	},
	{
		Name: "number-unremembered", Says: "does not remember the number that a submission was answered with",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.Then.Answered = nil
			return step
		}),
	},
	{
		Name: "second-refusal-as-first", Says: "takes a refusal of the second submission for one of the first",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if step.Then.Status == payout.Submitting && step.Then.Sent != nil {
				one := 1
				step.Then.Sent = &one
			}
			return step
		}),
	},
	{
		Name: "step-back-to-queued", Says: "queues a payout whose second submission was not sent, whatever became of the first",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if steppedBack := step.Then.Sent != nil && step.Then.Lease != nil && step.Then.Lease.Token == ""; steppedBack {
				step.Then.Status = payout.Queued
				step.When.Statuses = payout.Queued.Arrivals()
				step.Then.Entry = telling(step.Then.Entry, payout.Queued)
			}
			return step
		}),
	},
	{
		Name: "expire-drops-token", Says: "ends the lease of a submission that is only slow",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if expires(step) {
				step.Then.Lease = &payout.Lease{}
			}
			return step
		}),
	},
	{
		Name: "expire-without-note", Says: "remembers nowhere that a payout became unknown by the clock",
		aroundStore: func(s session, _ *container) payout.Store { return &forgetful{session: s} },
	},
	{
		Name: "safe-after-contradiction", Says: "keeps a failure safe to pay again after a word that it was paid",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if raises(step, payout.Contradiction) {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		Name: "statement-of-one", Says: "ends a payout on the file that one person brought",
		aroundImport: func(importing) importing { return believing },
	},
	{
		Name: "statement-without-numbers", Says: "compares a file by references alone, and not by the provider's numbers",
		aroundImport: numberless,
	},
	{
		Name: "principals-as-persons", Says: "takes two principals of one person for two persons",
		aroundPeople: func(payout.People) payout.People { return everybody{} },
	},
	{
		Name: "sends-what-is-spoken-of", Says: "sends a queued payout although a provider has spoken of it",
		aroundStore: func(s session, _ *container) payout.Store { return deaf{s} },
	},
	{
		Name: "asks-about-the-first", Says: "asks about the first attempt, and takes the answer for one about the present",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return backward{c} },
	},
	{
		Name: "keeps-any-body", Says: "keeps bodies of every length",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if e := step.Then.Entry; e != nil && e.Evidence != "" && len(e.Raw) == 0 {
				whole := *e
				whole.Raw = make([]byte, payout.BodyLimit+1)
				step.Then.Entry = &whole
			}
			return step
		}),
	},
	{
		Name: "doubt-made-certain", Says: "takes a decline that looks like a time-out for the end of it",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if slices.Contains(operationDoubtful, claim.Code) {
				claim.Code, claim.Doubtful = operationFinal[0], false
			}
			return claim
		}),
	},
	{
		Name: "last-try-alone", Says: "takes the certainty of a decline from the last of several tries",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundFailed && !claim.OnlyIfFirst && claim.Code != "99999" && slices.Contains(operationFinal, claim.Code) {
				claim.Doubtful = false
			}
			return claim
		}),
	},
}
