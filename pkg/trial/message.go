//go:build trial

package trial

import (
	"context"
	"crypto/subtle"
	"fmt"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// states are what the provider says about the money. Nothing else decides. A state that is
// missing here is unlisted, and held: the table has no default (decision 0007).
var states = map[string]payout.Finding{
	"taken": payout.FoundProcessing, "paid": payout.FoundSucceeded, "declined": payout.FoundFailed,
	"returned": payout.FoundReturned, "absent": payout.FoundAbsent,
}

// message is a signed object of texts: a callback, or the answer to a status query.
type message map[string]string

// read reads a body; every member has to be text. A number has more than one spelling, and a text
// has one: a provider that signs texts alone leaves nothing to be cut otherwise (decision 0018).
func read(body []byte) (message, error) {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", payout.ErrCallbackMalformed, err)
	}
	if tree.Kind() != jsontree.Object {
		return nil, fmt.Errorf("%w: not an object", payout.ErrCallbackMalformed)
	}
	m := message{}
	for _, member := range tree.Members() {
		written, ok := member.Value.Text()
		if !ok {
			return nil, fmt.Errorf("%w: a member that is not text", payout.ErrCallbackMalformed)
		}
		m[member.Name] = written
	}
	return m, nil
}

// signedBy reports whether one of the keys signed the message. The keys of before a rotation are
// tried as well. The comparison takes the same time for every wrong signature.
func (m message) signedBy(sets []Credentials) bool {
	for _, set := range sets {
		if subtle.ConstantTimeCompare([]byte(m[signature]), []byte(Sign(m, set.Secret))) == 1 {
			return true
		}
	}
	return false
}

// claim says what the message means. An amount that cannot be read is no reason to refuse the
// callback: it is verified, so it is kept, and people see it (Suspect).
func (m message) claim() payout.Claim {
	finding, listed := states[m["state"]]
	if !listed {
		finding = payout.FoundUnlisted
	}
	c := payout.Claim{
		Provider: Name, Reference: m["id"], ProviderID: m["number"], Finding: finding,
		Code: m["state"], Message: m["words"], Failure: payout.FailureDeclined,
	}
	if note, echoed := m["note"]; echoed {
		c.Description = &note
	}
	a, err := money.ParseMinor(m["minor"], money.Currency(m["currency"]))
	switch {
	case finding == payout.FoundAbsent:
	case err != nil:
		c.Suspect = "the claim states no amount that can be read"
	default:
		c.Amounts = []money.Amount{a}
	}
	return c
}

// verifier checks callbacks.
type verifier struct {
	keys Keys
	now  func() time.Time
}

// Verify implements payout.Verifier. The order is that of all rooms: shape, then signature, then
// meaning, so that 401 only ever means the signature.
func (v verifier) Verify(ctx context.Context, body []byte) (payout.Claim, error) {
	m, err := read(body)
	if err != nil {
		return payout.Claim{}, err
	}
	for range 2 { // the secret may have been rotated a moment ago
		sets, err := v.keys.Verifying(ctx)
		if err != nil {
			return payout.Claim{}, fmt.Errorf("trial: read the keys: %w", err)
		}
		if m.signedBy(sets) {
			return v.claim(m, body)
		}
		changed, err := v.keys.Refresh(ctx)
		if err != nil {
			return payout.Claim{}, fmt.Errorf("trial: refresh the keys: %w", err)
		}
		if !changed {
			break
		}
	}
	return payout.Claim{}, payout.ErrCallbackSignature
}

// claim is a verified callback. Blanks between members are not signed, so that anybody may add
// them; a body that is mostly such padding is marked, and not kept (decision 0019).
func (v verifier) claim(m message, body []byte) (payout.Claim, error) {
	if m["id"] == "" {
		return payout.Claim{}, fmt.Errorf("%w: no id", payout.ErrCallbackUnusable)
	}
	c := m.claim()
	if c.Finding == payout.FoundAbsent {
		c.Finding = payout.FoundUnlisted // nobody calls to say that
	}
	plain := 0
	for name, value := range m {
		plain += len(name) + len(value) + len(`"":"",`)
	}
	c.Source, c.Raw, c.At, c.Padded = payout.FromCallback, body, v.now(), len(body) > 2*plain // blanks are not signed
	return c, nil
}

// sample is what the provider would post about a payout that succeeded. The selftest signs and
// verifies it in memory; its number shows in no ledger.
func sample(held Credentials, p payout.Payout) ([]byte, error) {
	return seal(map[string]string{
		"id": string(p.ProviderReference()), "number": "SELFTEST", "state": "paid",
		"minor": fmt.Sprint(p.Amount.Minor()), "currency": string(p.Amount.Currency()),
	}, held.Secret)
}
