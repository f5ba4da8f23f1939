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
	if project, _ := tree.Member("project_id"); !sameProject(project, signer.ProjectID) {
		return payout.Claim{}, fmt.Errorf("%w: another project", payout.ErrCallbackUnusable)
	}
	if plain(textOf(payment, "type")) != "payout" {
		return payout.Claim{}, fmt.Errorf("%w: not a payout", payout.ErrCallbackUnrelated)
	}
	id := textOf(payment, "id")
	if id == "" {
		return payout.Claim{}, fmt.Errorf("%w: no payment.id", payout.ErrCallbackUnusable)
	}
	operation, _ := tree.Member("operation")
	c := state{tree, payment, operation}.claim()
	c.Source, c.Provider, c.Reference = payout.FromCallback, payout.Monetix, id
	c.Raw, c.Padded, c.At = body, padded(tree, body), v.now()
	c.Ambiguous = signed.ambiguity(tree, v.settings.CallbackMembers)
	sums(&c, payment, operation)
	return c, nil
}

// sums adds every amount that has to be ours: what was asked for, and what the
// operation began with. What Monetix converted it to is theirs.
func sums(c *payout.Claim, payment, operation jsontree.Value) {
	asked, _ := payment.Member("sum")
	if asked.Kind() != jsontree.Object {
		c.Suspect = "the claim states no amount"
		return
	}
	sum(c, asked)
	if initial, there := operation.Member("sum_initial"); there && initial.Len() > 0 { // an empty one is not signed
		sum(c, initial)
	}
}

// sameProject compares a project id, a number or a text of digits.
func sameProject(v jsontree.Value, project int64) bool {
	if n, ok := v.Int64(); ok {
		return n == project
	}
	text, _ := v.Text()
	return text == strconv.FormatInt(project, 10)
}
