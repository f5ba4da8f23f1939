package vexora

import (
	"context"
	"fmt"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// Verifier checks notifications. It implements payout.Verifier.
type Verifier struct {
	keys Keys
	now  func() time.Time
}

// NewVerifier returns a verifier; now is the clock that stamps claims.
func NewVerifier(keys Keys, now func() time.Time) *Verifier {
	return &Verifier{keys: keys, now: now}
}

// Verify turns a notification into a claim if its signature verifies. The
// currency of the claim is that of the account whose secret did, since no member
// of the notification names one.
func (v *Verifier) Verify(ctx context.Context, body []byte) (payout.Claim, error) {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil {
		return payout.Claim{}, fmt.Errorf("%w: %w", payout.ErrCallbackMalformed, err)
	}
	n, err := readNotification(tree)
	if err != nil {
		return payout.Claim{}, err
	}
	currency, err := v.currencyOf(ctx, n)
	if err != nil {
		return payout.Claim{}, err
	}
	if n.fields["tradeNo"] == "" {
		return payout.Claim{}, fmt.Errorf("%w: no tradeNo", payout.ErrCallbackUnusable)
	}
	return n.claim(tree, currency, body, v.now()), nil
}

// notification is the flat set of fields that is signed, every member that came
// included: a fixed list would let somebody add one.
type notification struct {
	sign   string
	fields map[string]string // literal tokens: 50000.00 keeps its zeros
	nulls  []string
}

func readNotification(tree jsontree.Value) (notification, error) {
	if tree.Kind() != jsontree.Object {
		return notification{}, fmt.Errorf("%w: not an object", payout.ErrCallbackMalformed)
	}
	n := notification{fields: map[string]string{}}
	for _, m := range tree.Members() {
		switch m.Value.Kind() {
		case jsontree.Object, jsontree.Array:
			// Nothing says how a nested value would be signed.
			return notification{}, fmt.Errorf("%w: a nested value", payout.ErrCallbackMalformed)
		case jsontree.Null:
			n.nulls = append(n.nulls, m.Name)
		case jsontree.String:
			n.fields[m.Name], _ = m.Value.Text()
		default:
			n.fields[m.Name] = m.Value.Literal()
		}
	}
	sign, _ := tree.Member(signMember)
	given, ok := sign.Text()
	if !ok || given == "" {
		return notification{}, fmt.Errorf("%w: no sign", payout.ErrCallbackSignature)
	}
	n.sign = given
	return n, nil
}

// readings are the fields as they may have been signed: without the nulls, as the
// pages say and public integrations do, or with the text "null", as the published
// Java sample would.
func (n notification) readings() []map[string]string {
	if len(n.nulls) == 0 {
		return []map[string]string{n.fields}
	}
	spelled := map[string]string{}
	for name, value := range n.fields {
		spelled[name] = value
	}
	for _, name := range n.nulls {
		spelled[name] = "null"
	}
	return []map[string]string{n.fields, spelled}
}

// currencyOf finds the account that signed. When none did, the secret is read once
// more: it may have been rotated a moment ago.
func (v *Verifier) currencyOf(ctx context.Context, n notification) (money.Currency, error) {
	for range 2 {
		sets, err := v.keys.Verifying(ctx)
		if err != nil {
			return "", fmt.Errorf("vexora: read the keys: %w", err)
		}
		if currency, ok := n.signedBy(sets); ok {
			return currency, nil
		}
		changed, err := v.keys.Refresh(ctx)
		if err != nil {
			return "", fmt.Errorf("vexora: refresh the keys: %w", err)
		}
		if !changed {
			break
		}
	}
	return "", payout.ErrCallbackSignature
}

func (n notification) signedBy(sets []Credentials) (money.Currency, bool) {
	for _, set := range sets {
		for _, currency := range []money.Currency{money.KHR, money.USD} {
			account, has := set[currency]
			if !has {
				continue
			}
			for _, fields := range n.readings() {
				if matches(n.sign, fields, account.Secret) {
					return currency, true
				}
			}
		}
	}
	return "", false
}

// claim reads the fields that were verified.
func (n notification) claim(tree jsontree.Value, currency money.Currency, body []byte, at time.Time) payout.Claim {
	status := Status(n.fields["status"])
	v := classify(status)
	if v.finding == payout.FoundUnclear {
		v.finding = payout.FoundUnlisted // a verified word without a status: hold and ask
	}
	c := stated{payout.Claim{
		Source: payout.FromCallback, Provider: payout.Vexora, Reference: n.fields["tradeNo"],
		ProviderID: n.fields["platFormTradeNo"], Finding: v.finding, Failure: v.failure,
		Code: string(status), Message: n.fields["message"], Raw: body, Padded: padded(tree, body), At: at,
	}}
	if n.fields["amount"] == "" {
		c.Suspect = "the claim states no amount"
	} else {
		c.amount(n.fields["amount"], currency)
	}
	c.remark(tree)
	return c.Claim
}
