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
		// A signature is taken for one over fields, as most libraries do: a customer's text
		// within it then says "paid" (decision 0018).
		Name: "text-as-fields", Says: "believes the fields of a text that could be cut otherwise",
		aroundVerifier: verifier(func(claim payout.Claim) payout.Claim {
			claim.Ambiguous = ""
			return claim
		}),
	},
	{
		// The secret names another project between a lost answer and its repetition. The second
		// project refuses nothing, since it never had the payout.
		Name: "any-account", Says: "repeats a submission under another account than the one that has it",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return anyAccount{c} },
	},
	{
		// The same after a restore, where no fact of the table tells which project was used in
		// the lost time: only people can say so (decision 0027).
		Name: "account-for-granted", Says: "takes it for granted, after a restore, that the lost table used the account of now",
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.SameAccounts = payout.Refusing()
			return p
		},
	},
	{
		// What can be repeated for ever has to be bounded, and the bound must not make the fourth
		// copy worth nothing: it may be the true one (decision 0030).
		Name: "worn-out-is-nothing", Says: "asks nobody about a text that came too often to be counted",
		aroundStore: func(s session, _ *container) payout.Store { return incurious{s} },
	},
	{
		// Both memories are taken: the payout's fact, and what the shared state knows of the
		// restore. RESTORED_AT is a setting, and is taken away one day (decision 0010).
		Name: "lost-attempts-forgotten", Says: "forgets that a lost table may have made later attempts of a payout",
		aroundStore: func(s session, _ *container) payout.Store { return carefree{s} },
		aroundPolicy: func(p payout.Policy) payout.Policy {
			p.Remembered = nil
			return p
		},
	},
	{
		// The provider finds nothing, refuses repetitions and is the same as before, and still
		// the payment is a second one: the client has paid another way.
		Name: "repeats-after-restore", Says: "repeats by itself what was there before a restore, of which a client may have been told that it is over",
		aroundStore: func(s session, _ *container) payout.Store { return renewed{s} },
	},
	{
		// Whatever people tightened in the lost time is loosened by the restore, by nobody's
		// order (decision 0024).
		Name: "controls-of-the-backup", Says: "takes the controls that a backup has for those in force",
		aroundStore: func(s session, _ *container) payout.Store { return backedUp{s} },
	},
	{
		// A cache without an end. On the night of a leaked key, some containers go on for as long
		// as Lambda keeps them.
		Name: "controls-read-once", Says: "reads the controls at its start, and never again",
		aroundStore: func(s session, _ *container) payout.Store { return &remembering{session: s} },
	},
	{
		// The control is stored, shown and audited, and the one function that it is for does not
		// ask.
		Name: "believes-in-spite", Says: "believes callbacks although the controls say that a key has leaked",
		aroundStore: func(s session, _ *container) payout.Store { return trusting{s} },
	},
	{
		// A limit that is counted and never holds anything: nothing looks wrong until it is
		// needed (decision 0025).
		Name: "counts-in-vain", Says: "counts what is submitted, and never finds it above the limit",
		aroundStore: func(s session, _ *container) payout.Store { return uncounting{s} },
	},
	{
		// A word that is not believed may be true. It must move nothing, and takes certainty away
		// all the same.
		Name: "unbelieved-unheard", Says: "keeps a callback that is not believed, and no fact of it",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if e := step.Then.Entry; e != nil && strings.HasPrefix(e.Message, "not believed") {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		// An order lowers the cap after the factor-100 mistake was seen, and the queue sends what
		// create would refuse.
		Name: "caps-unread", Says: "reads everything of the controls but the caps",
		aroundStore: func(s session, _ *container) payout.Store { return capless{s} },
	},
	{
		// Two that waited for one hold each look while the other one still waits. Only a look
		// after the fence finds the other's fence (decision 0017).
		Name: "looks-before-the-fence-alone", Says: "compares what waited before its fence, and not once more after it",
		aroundStore: func(s session, c *container) payout.Store {
			return looksOnce{s, c, map[payout.RecipientKey]payout.Unsettled{}}
		},
	},
	{
		// One place for all: any registered person keeps two others from releasing, with no bad
		// will needed.
		Name: "one-proposal", Says: "keeps one proposal for the controls, so that the next person writes over it",
		aroundStore: func(s session, _ *container) payout.Store { return oneOfEach{s} },
	},
	{
		// Yesterday's release was ordered by two. If its first order still counts, one person
		// releases today.
		Name: "proposal-used-twice", Says: "counts a first order about the controls that two people have used",
		aroundStore: func(s session, _ *container) payout.Store { return unused{s} },
	},
	{
		// Every order, by anybody who may call the route, voids what waits. Whoever lowers a cap
		// by one unit each day keeps a hold for ever.
		Name: "proposal-of-a-version", Says: "drops what waits for a second person with every change of the controls",
		aroundStore: func(s session, _ *container) payout.Store { return bound{s} },
	},
	{
		// The code of before: it remembered when it had tried last (decision 0012).
		Name: "last-try-as-first", Says: "looks in the feed for its last try, and not back to the first one without an answer",
		aroundStore: func(s session, _ *container) payout.Store { return shortSighted{s} },
	},
	{
		// The guard of all writes that were decided on a reading. Without it the outcome is often
		// right by luck, and the judge asks for the version itself.
		Name: "step-without-version", Says: "writes what was decided about a payout that has changed since",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.Version = 0
			return step
		}),
	},
	{
		// The visibility timeout of the queue, without its condition: two sweeps repeat one
		// submission side by side.
		Name: "take-without-due", Says: "works on a due payout that another sweep has taken",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.When.DueAt = time.Time{}
			return step
		}),
	},
	{
		// An answer about another payment can only be told by the number that the submission was
		// answered with (decision 0018).
		Name: "number-unremembered", Says: "does not remember the number that a submission was answered with",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			step.Then.Answered = nil
			return step
		}),
	},
	{
		// "400" to a second submission says nothing of the first one. The count of submissions is
		// what keeps the two apart.
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
		// Not sent twice is not sent never: the second submission did not connect, and the first
		// may be paid.
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
		// The sweep gives a slow process up, and its answer with it. The payout stays unknown
		// although somebody knows its end.
		Name: "expire-drops-token", Says: "ends the lease of a submission that is only slow",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if expires(step) {
				step.Then.Lease = &payout.Lease{}
			}
			return step
		}),
	},
	{
		// A process that died can write nothing, so the sweep owes the list in its place: the
		// same money would otherwise go beside it.
		Name: "expire-without-note", Says: "remembers nowhere that a payout became unknown by the clock",
		aroundStore: func(s session, _ *container) payout.Store { return &forgetful{session: s} },
	},
	{
		// People are called, and the answer to a merchant's program stays "safe": programs read
		// no review queue.
		Name: "safe-after-contradiction", Says: "keeps a failure safe to pay again after a word that it was paid",
		aroundStore: stepping(func(step payout.Step) payout.Step {
			if raises(step, payout.Contradiction) {
				step.Then.Heard = nil
			}
			return step
		}),
	},
	{
		// One upload ends payouts and makes them safe: a wrong file, or a wrong person, is enough
		// (decision 0016).
		Name: "statement-of-one", Says: "ends a payout on the file that one person brought",
		aroundImport: func(importing) importing { return believing },
	},
	{
		// The provider's file is the only place that shows two payments of one reference
		// (decision 0010).
		Name: "statement-without-numbers", Says: "compares a file by references alone, and not by the provider's numbers",
		aroundImport: numberless,
	},
	{
		// The same person confirms himself, with a role and a user (decision 0014).
		Name: "principals-as-persons", Says: "takes two principals of one person for two persons",
		aroundPeople: func(payout.People) payout.People { return everybody{} },
	},
	{
		// "Not sent" was right when it was said. A word of the provider since then says that
		// something has arrived.
		Name: "sends-what-is-spoken-of", Says: "sends a queued payout although a provider has spoken of it",
		aroundStore: func(s session, _ *container) payout.Store { return deaf{s} },
	},
	{
		// It goes unnoticed as long as everything succeeds at once: the first attempt is then the
		// present one.
		Name: "asks-about-the-first", Says: "asks about the first attempt, and takes the answer for one about the present",
		aroundConnector: func(c payout.Connector, _ *container) payout.Connector { return backward{c} },
	},
	{
		// A body that somebody can pad fills the item until no end finds room any more (decision
		// 0019).
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
		// A time-out on the provider's own side looks like a decline, and is paid minutes later.
		Name: "doubt-made-certain", Says: "takes a decline that looks like a time-out for the end of it",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if slices.Contains(operationDoubtful, claim.Code) {
				claim.Code, claim.Doubtful = operationFinal[0], false
			}
			return claim
		}),
	},
	{
		// Monetix tries again by itself. The last try's code is plain, and the first try may have
		// paid.
		Name: "last-try-alone", Says: "takes the certainty of a decline from the last of several tries",
		aroundConnector: connector(nil, func(_ context.Context, _ payout.Connector, _ payout.Payout, claim payout.Claim) payout.Claim {
			if claim.Finding == payout.FoundFailed && !claim.OnlyIfFirst && claim.Code != "99999" && slices.Contains(operationFinal, claim.Code) {
				claim.Doubtful = false
			}
			return claim
		}),
	},
}
