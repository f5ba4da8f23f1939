package sim

import (
	"fmt"
	"slices"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
)

// model is how one provider behaves, as its pages say and no code of ours. What providers have
// in common is the platform's. It shares the signatures with the sandbox, and nothing with the
// connectors. A provider that is wired needs one, or the simulation does not start: its mistakes
// would be tried against nobody (docs/adding-a-provider.md).
type model interface {
	traits() traits
	// document is the secret with its credentials; a provider without projects leaves them out.
	document(key, project string) string

	// sense is what an utterance says by the provider's pages, doubtful whether it may hide a payment.
	sense(u utterance) sense
	doubtful(u utterance) bool
	// speak draws how it puts things; the first of everything is the ordinary one.
	speak(w *world) manner
	// put says how a state is put.
	put(m manner, state ending) utterance
	// doubt draws a "no" that it may take back, and certain puts one that it does not.
	doubt(w *world, m *manner)
	certain(m *manner)

	// handle acts on a request that arrived. A signature that does not verify is answered as the
	// sandbox does.
	handle(pl *platform, r oneshot.Request, question bool) answer
	notification(pl *platform, e *entry, said word) []byte

	// recipient draws whose account the nth client pays to, and destination is that of a create.
	recipient(w *world, n int) string
	destination(account string) map[string]any
}

// traits are what judges and people go by. A judge that asks for a trait in place of a name holds
// for a third provider, too.
type traits struct {
	// paysAgain: nothing is documented about a repeated reference, and it may be paid once more.
	// The others document that they refuse it, and tell for certain how an attempt ended.
	paysAgain bool
	// projects: it has several accounts, which know nothing of each other.
	projects bool
	// doubts: a failure may hide a payment.
	doubts bool
	// returns: it has a word for money that came back.
	returns bool
	// refusesByStatus: an HTTP status alone can be about who we are.
	refusesByStatus bool
	// joins: what it signs are fields that are joined, so that the text could be cut otherwise.
	joins bool
	// prefix is how its numbers begin.
	prefix string
}

// models are those of the registered providers.
var models = map[payout.Provider]model{}

// those are the providers with a trait.
func those(has func(traits) bool) []payout.Provider {
	return slices.DeleteFunc(payout.Providers(), func(p payout.Provider) bool { return !has(modelOf(p).traits()) })
}

// refuseRepeats lists the providers that document that they refuse a repeated reference.
func refuseRepeats() []payout.Provider { return those(func(t traits) bool { return !t.paysAgain }) }

// modelOf is a provider's model. What nobody has described cannot be simulated.
func modelOf(p payout.Provider) model {
	m, has := models[p]
	if !has {
		panic(fmt.Sprintf("sim: there is no model of %s: pkg/sim/model_%s.go (docs/adding-a-provider.md)", p, p))
	}
	return m
}

// traitsOf are those of a provider.
func traitsOf(p payout.Provider) traits { return modelOf(p).traits() }

// one draws one of several; where there is one alone, nothing is drawn. Histories of two
// providers stay what they were, where only one of them has the trait.
func (c *choices) one(of []payout.Provider) payout.Provider {
	if len(of) == 1 {
		return of[0]
	}
	return of[c.pick(len(of))]
}
