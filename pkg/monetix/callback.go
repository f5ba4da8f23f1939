package monetix

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// Verifier checks callbacks. It implements payout.Verifier.
type Verifier struct {
	keys     Keys
	settings Settings
	now      func() time.Time
}

// NewVerifier returns a verifier; now is the clock that stamps claims.
func NewVerifier(keys Keys, settings Settings, now func() time.Time) *Verifier {
	return &Verifier{keys: keys, settings: settings, now: now}
}

// Verify turns a callback into a claim if its signature verifies, and what it
// speaks of is a payout of our project.
func (v *Verifier) Verify(ctx context.Context, body []byte) (payout.Claim, error) {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil {
		return payout.Claim{}, fmt.Errorf("%w: %w", payout.ErrCallbackMalformed, err)
	}
	if tree.Kind() != jsontree.Object {
		return payout.Claim{}, fmt.Errorf("%w: not an object", payout.ErrCallbackMalformed)
	}
	signer, signed, err := signerOf(ctx, v.keys, tree)
	if err != nil {
		return payout.Claim{}, err
	}
	payment, _ := tree.Member("payment")
	if !sameProject(tree, signer.ProjectID) {
		return payout.Claim{}, fmt.Errorf("%w: another project", payout.ErrCallbackUnusable)
	}
	if plain(scalar(payment, "type")) != "payout" {
		return payout.Claim{}, fmt.Errorf("%w: not a payout", payout.ErrCallbackUnrelated)
	}
	id := scalar(payment, "id")
	if id == "" {
		return payout.Claim{}, fmt.Errorf("%w: no payment.id", payout.ErrCallbackUnusable)
	}
	s := stateOfCallback(tree)
	c := s.claim()
	c.Source, c.Provider, c.Reference = payout.FromCallback, Name, id
	c.Raw, c.Padded, c.At = body, padded(tree, body), v.now()
	c.Ambiguous = signed.ambiguity(tree, v.settings.CallbackMembers)
	sums(&c, payment, s.reason)
	return c, nil
}

// sums adds every amount that has to be ours: what was asked for, and what the
// operation began with. What Monetix converted it to is theirs.
func sums(c *payout.Claim, payment, operation jsontree.Value) {
	asked, _ := payment.Member("sum")
	if !statesSum(asked) {
		c.Suspect = "the claim states no amount"
		return
	}
	sum(c, asked)
	if initial, _ := operation.Member("sum_initial"); statesSum(initial) {
		sum(c, initial)
	}
}

// statesSum reports whether any part of an amount is signed. Anybody can add an object
// that is not.
func statesSum(v jsontree.Value) bool { return isScalar(v, "amount") || isScalar(v, "currency") }

// sameProject compares a project id, a number or a text of digits.
func sameProject(tree jsontree.Value, project int64) bool {
	return plainCode(scalar(tree, "project_id")) == strconv.FormatInt(project, 10)
}
