package payout

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Desk is the part of the store through which the functions of one deployment
// tell each other what is wrong. None of it is read or written by a payout that
// goes well, a glance at the board now and then aside.
type Desk interface {
	// Board reads the board consistently; a board that was never written is empty.
	Board(ctx context.Context) (Board, error)
	// PinPause puts a pause on the board, in place of an earlier one.
	PinPause(ctx context.Context, p Pause) error
	// PinUnsettled remembers a payout under its recipient's key, in place of an
	// earlier one, and has the board say until when that is worth looking up.
	PinUnsettled(ctx context.Context, u Unsettled, until time.Time) error
	// FindUnsettled returns what is remembered under a key, ErrNotFound if nothing.
	FindUnsettled(ctx context.Context, key RecipientKey) (Unsettled, error)
}

// Board is what hangs on the wall for every function to see.
type Board struct {
	Pauses map[Provider]Pause
	// UnsettledUntil: before this time it is worth asking for unsettled payouts.
	UnsettledUntil time.Time
}

// Pausable lists what a pause may be about: the providers, and the merchant's
// webhook.
var Pausable = append(slices.Clone(Providers), EndpointBrakes)

// Pause stops submissions to a provider for a while, for all functions.
type Pause struct {
	Provider Provider
	Why      string // one of our own words, for the person on call
	Since    time.Time
	Until    time.Time
}

// Unsettled is a payout of which nobody knows whether it was paid.
type Unsettled struct {
	Key RecipientKey
	ID  ID
	At  time.Time
}

// RecipientKey is equal for payouts of the same money to the same account. It is a
// hash: it tells nothing about the account.
type RecipientKey string

// recipientKey derives the key of a payout.
func (p Payout) recipientKey() RecipientKey {
	number := strings.ToLower(p.Destination.AccountNumber) // letters and digits only; see Draft
	digest := sha256.Sum256([]byte(strings.Join([]string{
		string(p.Destination.Type), p.Destination.Wallet, p.Destination.Bank, number,
		strconv.FormatInt(p.Amount.Minor(), 10), string(p.Amount.Currency()),
	}, "\x00")))
	return RecipientKey(base64.RawURLEncoding.EncodeToString(digest[:18]))
}

// unsettledFor is how long a payout that became unknown is looked up before the
// same money goes to the same recipient again.
const unsettledFor = 72 * time.Hour

// pinUnsettled remembers a payout for [Creator.similar]. It is done on the way out
// of trouble, and does not make it worse: a failure is left to the next question
// about the payout, which tries again.
func pinUnsettled(ctx context.Context, desk Desk, p Payout, now time.Time) {
	_ = desk.PinUnsettled(ctx, Unsettled{Key: p.recipientKey(), ID: p.ID, At: p.CreatedAt}, now.Add(unsettledFor))
}

// similar finds an earlier payout because of which this one has to be confirmed.
// The commonest real double payment is a second reference after a timeout. An
// error means that nobody can tell; nothing may be sent then.
func (c *Creator) similar(ctx context.Context, p Payout) (ID, error) {
	now := c.ports.Now()
	if c.policy.DuplicateWindow <= 0 && !c.ports.Brakes.unsettled(now) {
		return "", nil
	}
	earlier, err := c.ports.Store.FindUnsettled(ctx, p.recipientKey())
	if isNotFound(err) || (err == nil && earlier.ID == p.ID) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if now.Sub(earlier.At) < c.policy.DuplicateWindow {
		return earlier.ID, nil
	}
	first, err := c.ports.Store.Get(ctx, earlier.ID)
	if isNotFound(err) || (err == nil && first.settled()) {
		return "", nil
	}
	return earlier.ID, err
}

// settled reports whether everybody knows what became of the payout.
func (p Payout) settled() bool {
	return p.Status == Processing || (p.Status.Final() && p.Status != Orphan)
}
