package monetix

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"slices"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/secrets"
)

// mostText bounds what one body may cost before its signature is known to be right: the
// lines of a body, and all the texts together that are tried with one key. An ordinary
// callback has one text of one kilobyte.
const mostText = 256 << 10

// likeliest is the text that nearly every sender signs.
func (s *script) likeliest() text {
	t := text{script: s}
	t.order = t.kept(s.sorted(byLine, true))
	return t
}

// others are whatever else a correct sender may have signed, each once; complete tells
// that nothing was left out for its size. Usually there are none, and nothing is sorted.
func (s *script) others() (others []text, complete bool) {
	all := []text{s.likeliest()}
	room := mostText - all[0].size()
	for _, t := range s.readings() {
		size := t.size()
		for _, by := range t.orders() {
			t.order = t.kept(s.sorted(by, room >= size))
			if t.order != nil && slices.ContainsFunc(all, t.same) {
				continue
			}
			if room < size {
				return all[1:], false
			}
			all, room = append(all, t), room-size
		}
	}
	return all[1:], true
}

func (t text) same(other text) bool {
	return t.inArrays == other.inArrays && t.php == other.php && slices.Equal(t.order, other.order)
}

// orders are the ways to sort the text.
func (t text) orders() []order {
	if t.php {
		return []order{byPHPLine, byNatural, byPath}
	}
	return []order{byLine, byNatural, byPath}
}

// readings are the texts, still without order, in which the lines themselves differ: with
// numbers as PHP writes them, and with the signatures inside arrays.
func (s *script) readings() []text {
	var all []text
	for _, inArrays := range []bool{false, true} {
		if inArrays && !slices.ContainsFunc(s.lines, func(l line) bool { return l.inArray }) {
			break
		}
		all = append(all, text{script: s, inArrays: inArrays})
		if slices.ContainsFunc(s.lines, func(l line) bool { return l.php != l.end && (inArrays || !l.inArray) }) {
			all = append(all, text{script: s, inArrays: inArrays, php: true})
		}
	}
	return all
}

// signerOf finds the credentials that signed a tree, and the text that they signed. When
// none did, the secret is read once more: it may have been rotated a moment ago.
func signerOf(ctx context.Context, keys Keys, tree jsontree.Value) (Credentials, text, error) {
	given, err := signatureOf(tree)
	if err != nil {
		return Credentials{}, text{}, err
	}
	s, ok := write(tree, mostText)
	if !ok {
		return Credentials{}, text{}, fmt.Errorf("%w: more than %d bytes of signed text", payout.ErrCallbackMalformed, mostText)
	}
	m := matcher{script: s, given: given}
	for range 2 {
		sets, err := keys.Verifying(ctx)
		if err != nil {
			return Credentials{}, text{}, fmt.Errorf("monetix: read the keys: %w", err)
		}
		if signer, signed, ok := m.match(sets); ok {
			return signer, signed, nil
		}
		changed, err := keys.Refresh(ctx)
		if err != nil {
			return Credentials{}, text{}, fmt.Errorf("monetix: refresh the keys: %w", err)
		}
		if !changed {
			break
		}
	}
	return Credentials{}, text{}, m.refusal()
}

// matcher tries keys on the texts of a body. A text is made once, for all keys.
type matcher struct {
	*script
	given    []byte
	tried    []secrets.Secret
	others   []text // once the likeliest text was signed by nobody
	complete bool
}

// match finds the set of credentials whose key signed, and the text. A key that was tried is not tried
// again: a refresh often brings the key before it back.
func (m *matcher) match(sets []Credentials) (Credentials, text, bool) {
	var fresh []Credentials
	for _, set := range sets {
		if !slices.ContainsFunc(m.tried, set.Secret.Equal) {
			fresh, m.tried = append(fresh, set), append(m.tried, set.Secret)
		}
	}
	if signer, signed, ok := m.signedBy(fresh, m.likeliest()); ok {
		return signer, signed, true
	}
	if m.others == nil {
		m.others, m.complete = m.script.others()
	}
	return m.signedBy(fresh, m.others...)
}

// signedBy compares raw bytes in constant time.
func (m *matcher) signedBy(sets []Credentials, texts ...text) (Credentials, text, bool) {
	sum := make([]byte, 0, signatureBytes)
	for _, set := range sets {
		mac := newMAC(set.Secret)
		for _, t := range texts {
			mac.Reset()
			t.stream(mac)
			if hmac.Equal(m.given, mac.Sum(sum)) {
				return set, t, true
			}
		}
	}
	return Credentials{}, text{}, false
}

// refusal says that nobody signed, or that it would take too much to find out: then the
// signature must not be blamed.
func (m *matcher) refusal() error {
	if !m.complete {
		return fmt.Errorf("%w: more than %d bytes of texts that could be signed", payout.ErrCallbackMalformed, mostText)
	}
	return payout.ErrCallbackSignature
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
	if len(found[0]) != base64.StdEncoding.EncodedLen(signatureBytes) {
		return nil, fmt.Errorf("%w: not the base64 of 64 bytes", payout.ErrCallbackSignature)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(found[0])
	// The decoder passes over line ends; one text, and no other, is the signature.
	if err != nil || len(raw) != signatureBytes || base64.StdEncoding.EncodeToString(raw) != found[0] {
		return nil, fmt.Errorf("%w: not the base64 of 64 bytes", payout.ErrCallbackSignature)
	}
	return raw, nil
}
