package monetix

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// Verifier checks callbacks. It implements payout.Verifier.
type Verifier struct {
	keys Keys
	now  func() time.Time
}

// NewVerifier returns a verifier; now is the clock that stamps claims.
func NewVerifier(keys Keys, now func() time.Time) *Verifier {
	return &Verifier{keys: keys, now: now}
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
	signer, err := signerOf(ctx, v.keys, tree)
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
	if initial, there := operation.Member("sum_initial"); there {
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

// signerOf finds the credentials that signed a tree. When none did, the secret is
// read once more: it may have been rotated a moment ago.
func signerOf(ctx context.Context, keys Keys, tree jsontree.Value) (Credentials, error) {
	given, err := signatureOf(tree)
	if err != nil {
		return Credentials{}, err
	}
	for range 2 {
		sets, err := keys.Verifying(ctx)
		if err != nil {
			return Credentials{}, fmt.Errorf("monetix: read the keys: %w", err)
		}
		if signer, ok := matching(sets, tree, given); ok {
			return signer, nil
		}
		changed, err := keys.Refresh(ctx)
		if err != nil {
			return Credentials{}, fmt.Errorf("monetix: refresh the keys: %w", err)
		}
		if !changed {
			break
		}
	}
	return Credentials{}, payout.ErrCallbackSignature
}

// matching compares raw bytes in constant time.
func matching(sets []Credentials, tree jsontree.Value, given []byte) (Credentials, bool) {
	texts := candidates(tree)
	for _, set := range sets {
		for _, text := range texts {
			if hmac.Equal(given, digest(text, set.Secret)) {
				return set, true
			}
		}
	}
	return Credentials{}, false
}

// signatureBytes is the length of an HMAC-SHA512.
const signatureBytes = 64

// signatureOf finds the signature, at the root or in general. Two that differ are
// none: it would not be clear which of them somebody vouches for.
func signatureOf(tree jsontree.Value) ([]byte, error) {
	var found []string
	for _, path := range [][]string{{signatureMember}, {"general", signatureMember}} {
		v, there := tree.Path(path...)
		if !there {
			continue
		}
		text, ok := v.Text()
		if !ok {
			return nil, fmt.Errorf("%w: not text", payout.ErrCallbackSignature)
		}
		found = append(found, text)
	}
	if len(found) == 0 || (len(found) == 2 && found[0] != found[1]) {
		return nil, fmt.Errorf("%w: none, or two", payout.ErrCallbackSignature)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(found[0])
	// The decoder passes over line ends; one text, and no other, is the signature.
	if err != nil || len(raw) != signatureBytes || base64.StdEncoding.EncodeToString(raw) != found[0] {
		return nil, fmt.Errorf("%w: not the base64 of 64 bytes", payout.ErrCallbackSignature)
	}
	return raw, nil
}
