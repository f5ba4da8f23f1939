package payout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrCrowded: a recipient's list is full. Every payout of the same money to him is held then.
var ErrCrowded = errors.New("payout: too many payouts to one recipient are not settled")

const (
	// MostUnsettled is how many payouts a recipient's list holds of those that nobody ordered.
	MostUnsettled = 50
	// MostListed is how many it holds with those that people ordered, and those in doubt: what
	// was sent beside a full list must be seen by whoever is next.
	MostListed = 2 * MostUnsettled
)

// Unsettled is a payout that may not be settled.
type Unsettled struct {
	Key RecipientKey
	ID  ID
	At  time.Time // when the payout was created, or sent last; in milliseconds
	// Token is that of the fence that the entry was written for. Whoever gives the fence up, or
	// does not win it, takes off his own entry and nobody else's. Empty for a payout as stored.
	Token string
}

// entryToken is how much of a fence's token tells the entries of one payout and one moment apart.
const entryToken = 8

// is reports whether two entries are one.
func (u Unsettled) is(other Unsettled) bool {
	return u.ID == other.ID && u.Token == other.Token && u.At.Equal(other.At)
}

// standsFor reports whether an entry of a payout is enough, so that another one of it is spare:
// it is the later one, and no request is at work any more that could take it off.
func (u Unsettled) standsFor(other Unsettled, now time.Time) bool {
	later := u.At.After(other.At) || u.At.Equal(other.At) && u.Token < other.Token
	return u.ID == other.ID && later && now.Sub(u.At) >= absentFor
}

// RecipientKey is equal for payouts of the same money to the same account. It is an
// HMAC under the stack's key: without that, it tells nothing about the account.
type RecipientKey string

// recipientKey is the key of the payout's recipient: made of the account, or kept from before
// that was taken out. An item that an earlier version redacted has none; what is made of the
// rest of its account is the key of nobody.
func (p Payout) recipientKey(key StackKey) RecipientKey {
	if p.Recipient != "" {
		return p.Recipient
	}
	return RecipientKey(key.digest("recipient", p.recipient()...))
}

// recipient lists what a recipient's key covers.
func (p Payout) recipient() []string {
	return []string{
		string(p.Destination.Type), p.Destination.Wallet, p.Destination.Bank, p.Destination.sameNumber(),
		strconv.FormatInt(p.Amount.Minor(), 10), string(p.Amount.Currency()),
	}
}

// sameNumber is the account number in the one spelling in which it is compared. Wallets
// are numbered by phones, which people write with and without 855 or a trunk zero; a
// bank's leading zeros are part of the number.
func (d Destination) sameNumber() string {
	number := strings.ToLower(d.AccountNumber) // letters and digits only; see Draft
	if d.Type != WalletDestination {
		return number
	}
	if local, ok := LocalPhone(number); ok {
		return local
	}
	return number
}

const (
	// unsettledFor is how long after a note the lists are looked up. Every status query
	// about an unknown payout prolongs it.
	unsettledFor = 72 * time.Hour
	// prunedAt is how long a list gets before what is over is taken off it.
	prunedAt = 10
)

// roster keeps the recipients' lists.
type roster struct {
	lists Recipients
	keys  Keys
	keep  time.Duration // how long a list stays after its last note
}

func (p Ports) roster(policy Policy) roster {
	return roster{lists: p.Store, keys: p.Keys, keep: policy.listedFor()}
}

// entry is how a payout stands on its recipient's list: while it is being fenced, under the token
// of that.
func (r roster) entry(ctx context.Context, p Payout) (Unsettled, error) {
	key, err := r.keys.Current(ctx)
	if err != nil {
		return Unsettled{}, fmt.Errorf("derive the recipient's key: %w", err)
	}
	// Whoever takes a settled attempt off must not take the next one off.
	u := Unsettled{Key: p.recipientKey(key), ID: p.ID, At: p.lastMoved().Truncate(time.Millisecond)}
	if p.Status == Submitting {
		u.Token = p.Lease.Token[:min(entryToken, len(p.Lease.Token))]
	}
	return u, nil
}

// note puts a payout on its list if that has fewer entries than most, and returns the list. A
// time until has everybody look at lists before it. The entry of a payout as stored takes the
// place of what was noted for its fence.
func (r roster) note(ctx context.Context, p Payout, most int, now, until time.Time) ([]Unsettled, error) {
	entry, err := r.entry(ctx, p)
	if err != nil {
		return nil, err
	}
	list, err := r.lists.NoteUnsettled(ctx, entry, most, now.Add(r.keep), until)
	if err == nil && entry.Token == "" {
		r.replace(ctx, p, list)
	}
	return list, err
}

// keepUp keeps a list for as long as a note would, also if it has no room for the payout.
func (r roster) keepUp(ctx context.Context, p Payout, now time.Time) error {
	list, err := r.note(ctx, p, MostUnsettled, now, time.Time{})
	if errors.Is(err, ErrCrowded) && len(list) > 0 {
		_, err = r.lists.NoteUnsettled(ctx, list[0], len(list), now.Add(r.keep), time.Time{})
	}
	return err
}

// withdraw takes off what was noted for a fence that is not made.
func (r roster) withdraw(ctx context.Context, p Payout) {
	p.Status = Submitting // whatever it was to be stored as
	if entry, err := r.entry(ctx, p); err == nil {
		_ = r.lists.ForgetUnsettled(ctx, entry.Key, []Unsettled{entry}) // else it is over after absentFor
	}
}

// noteUnsettled puts a payout that became unsettled on its recipient's list. It is done
// on the way out of trouble and does not make it worse: a failure stays owed in the
// payout itself (see [Payout.RecipientOwed]), and the next status query tries again.
func (r roster) noteUnsettled(ctx context.Context, p Payout, now time.Time) bool {
	_, err := r.note(ctx, p, MostListed, now, now.Add(unsettledFor))
	return err == nil // without room it stays owed: somebody settles, and there is some
}

// of is the list of a payout's recipient.
func (r roster) of(ctx context.Context, p Payout) ([]Unsettled, error) {
	entry, err := r.entry(ctx, p)
	if err != nil {
		return nil, err
	}
	return r.lists.FindUnsettled(ctx, entry.Key)
}

// forget takes settled payouts off the list of a payout's recipient.
func (r roster) forget(ctx context.Context, p Payout, settled []Unsettled) error {
	entry, err := r.entry(ctx, p)
	if err != nil {
		return err
	}
	return r.lists.ForgetUnsettled(ctx, entry.Key, settled)
}

// replace takes the other entries of a payout off a list that was just read, but those of later
// submissions: its own stands for them, and many repetitions must not fill the list. It may fail;
// what is spare is taken off later.
func (r roster) replace(ctx context.Context, p Payout, list []Unsettled) {
	latest, err := r.entry(ctx, p)
	if err != nil {
		return
	}
	before := slices.DeleteFunc(slices.Clone(list), func(u Unsettled) bool {
		return u.ID != p.ID || u.At.After(latest.At) || u.is(latest)
	})
	if len(before) > 0 {
		_ = r.forget(ctx, p, before)
	}
}

// wavering reports whether the present attempt is at its end, or was not sent, and something
// was said all the same that takes the certainty away, or may hide a payment: a merchant who
// was told that he may pay again may be doing so, and another attempt may have been paid.
func (p Payout) wavering() bool {
	switch p.Status {
	case Failed, Queued, Cancelled:
	case Submitting, Processing: // the present attempt is with its provider; one before it may have been paid
		return p.Attempt > FirstAttempt && (p.doubtedElsewhere() || p.hiddenElsewhere() || p.speaksAgainst())
	default:
		return false
	}
	return p.doubtedElsewhere() || p.hiddenElsewhere() || p.hidden(p.Attempt) || p.doubted(p.Attempt) || p.speaksAgainst()
}

// hidden reports whether something was said of an attempt that may hide a payment, and its failure was
// never certain, or is not any more.
func (p Payout) hidden(a Attempt) bool {
	said := p.Heard.has(a, saidDoubtful) || p.Heard.has(a, saidUnlisted) || p.Heard.has(a, wasFiled)
	return (said || p.replaced(a) && p.Inquiries[a].Open) && !p.closed(a)
}

// hiddenElsewhere reports so of an attempt that another one replaced. That two people went on from it
// tells of this payout; the same money under another reference is somebody else's decision.
func (p Payout) hiddenElsewhere() bool {
	for a := FirstAttempt; p.replaced(a); a++ {
		if p.hidden(a) {
			return true
		}
	}
	return false
}

// settled reports whether everybody knows what became of the payout.
func (p Payout) settled() bool {
	return p.Status == Processing && !p.wavering() || (p.Status.Final() && p.Status != Orphan && !p.wavering())
}
