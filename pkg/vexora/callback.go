package vexora

import (
	"cmp"
	"context"
	"crypto/md5" //nolint:gosec // for its size
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
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
	signed, err := v.signerOf(ctx, n)
	if err != nil {
		return payout.Claim{}, err
	}
	n.spelled = signed.spelled
	if n.value("tradeNo") == "" {
		return payout.Claim{}, fmt.Errorf("%w: no tradeNo", payout.ErrCallbackUnusable)
	}
	c := n.claim(tree, signed.currency, body, v.now())
	c.Ambiguous = n.ambiguity()
	return c, nil
}

// notification is the flat set of fields that is signed, every member that came
// included: a fixed list would let somebody add one.
type notification struct {
	sign   []byte
	fields fields // literal tokens: 50000.00 keeps its zeros
	nulls  bool   // there are some
	// spelled: they were signed as "null".
	spelled bool
}

func readNotification(tree jsontree.Value) (notification, error) {
	if tree.Kind() != jsontree.Object {
		return notification{}, fmt.Errorf("%w: not an object", payout.ErrCallbackMalformed)
	}
	n := notification{fields: make(fields, 0, tree.Len())}
	for i := range tree.Len() {
		m := tree.At(i)
		read := field{name: m.Name, value: m.Value.Literal()}
		switch m.Value.Kind() {
		case jsontree.Object, jsontree.Array:
			// Nothing says how a nested value would be signed.
			return notification{}, fmt.Errorf("%w: a nested value", payout.ErrCallbackMalformed)
		case jsontree.Null:
			read.value, read.null, n.nulls = "", true, true
		case jsontree.String:
			read.value, _ = m.Value.Text()
		}
		n.fields = append(n.fields, read)
	}
	n.fields.sort()
	given, ok := signOf(tree)
	if !ok {
		return notification{}, fmt.Errorf("%w: no sign", payout.ErrCallbackSignature)
	}
	n.sign = given
	return n, nil
}

// signOf decodes the signature. Vexora's own pages print digests in lower case; the
// case carries nothing.
func signOf(tree jsontree.Value) ([]byte, bool) {
	sign, _ := tree.Member(signMember)
	text, _ := sign.Text()
	if len(text) != hex.EncodedLen(md5.Size) {
		return nil, false
	}
	given, err := hex.DecodeString(text)
	return given, err == nil
}

// value is the value of a member as it was signed, empty if there is none. It is the only
// reader of what a claim is made of: the signed text does not tell 50000 from "50000", and
// whoever has a genuine notification may choose among them.
func (n notification) value(name string) string {
	i, found := slices.BinarySearchFunc(n.fields, name, func(f field, name string) int { return cmp.Compare(f.name, name) })
	if !found {
		return ""
	}
	return n.fields[i].signed(n.spelled)
}

// readings tell how nulls may have been signed.
func (n notification) readings() []bool {
	if n.nulls {
		return []bool{false, true}
	}
	return []bool{false}
}

// signer is the account that signed, and whether it spelled nulls.
type signer struct {
	currency money.Currency
	spelled  bool
}

// signerOf finds the account that signed. When none did, the secret is read once
// more: it may have been rotated a moment ago.
func (v *Verifier) signerOf(ctx context.Context, n notification) (signer, error) {
	var texts []hash.Cloner // the text has at most as many bytes as the body
	for _, spelled := range n.readings() {
		texts = append(texts, n.fields.digest(spelled))
	}
	for range 2 {
		sets, err := v.keys.Verifying(ctx)
		if err != nil {
			return signer{}, fmt.Errorf("vexora: read the keys: %w", err)
		}
		if found, ok := n.signedBy(sets, texts); ok {
			return found, nil
		}
		changed, err := v.keys.Refresh(ctx)
		if err != nil {
			return signer{}, fmt.Errorf("vexora: refresh the keys: %w", err)
		}
		if !changed {
			break
		}
	}
	return signer{}, payout.ErrCallbackSignature
}

func (n notification) signedBy(sets []Credentials, texts []hash.Cloner) (signer, bool) {
	for _, set := range sets {
		for _, currency := range []money.Currency{money.KHR, money.USD} {
			account, has := set[currency]
			if !has {
				continue
			}
			for i, spelled := range n.readings() {
				if matches(n.sign, texts[i], account.Secret) {
					return signer{currency, spelled}, true
				}
			}
		}
	}
	return signer{}, false
}

// claim reads the fields that were verified.
func (n notification) claim(tree jsontree.Value, currency money.Currency, body []byte, at time.Time) payout.Claim {
	status := Status(n.value("status"))
	v := classify(status)
	if v.finding == payout.FoundUnclear {
		v.finding = payout.FoundUnlisted // a verified word without a status: hold and ask
	}
	c := stated{payout.Claim{
		Source: payout.FromCallback, Provider: Name, Reference: n.value("tradeNo"),
		ProviderID: n.value("platFormTradeNo"), Finding: v.finding, Failure: v.failure,
		Code: string(status), Message: n.value("message"), Raw: body, Padded: padded(tree, body), At: at,
	}}
	if n.value("amount") == "" {
		c.Suspect = "the claim states no amount"
	} else {
		c.amount(n.value("amount"), currency)
	}
	c.remark(n.echo())
	return c.Claim
}
