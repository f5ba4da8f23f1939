package payout

import (
	"context"
	"errors"
	"time"
)

// Errors of the store port. Anything else that a store returns is ErrUnclear by
// nature: callers must treat an unknown error of a write as "may have happened".
var (
	// ErrNotFound: a consistent read found no such payout.
	ErrNotFound = errors.New("payout: not found")
	// ErrUnclear: the write may or may not have been applied.
	ErrUnclear = errors.New("payout: the store did not say whether the write was applied")
	// ErrTurnedAway: of Insert. Since the request arrived, another one under its id was
	// turned away and told that nothing had been started. Nothing was stored.
	ErrTurnedAway = errors.New("payout: a later request under this id was told that nothing had been started")
	// ErrThrottled: the store turned the request away because too many came. The outcome of a
	// write is as unclear as after any other error.
	ErrThrottled = errors.New("payout: the store has too many requests")
	// ErrCursor: the cursor is not one that this listing gave out.
	ErrCursor = errors.New("payout: not a cursor of this list")
	// ErrRewound: the feed ends before the position: the table was restored from a
	// backup, and what comes now takes numbers that were seen before.
	ErrRewound = errors.New("payout: the feed is shorter than the cursor")
	// ErrNamespace: the table belongs to another ID_NAMESPACE.
	ErrNamespace = errors.New("payout: the table belongs to another namespace")
)

// Refused is the error of a conditional write whose condition was false. Current
// is the stored payout as the store saw it within that write, nil if there is
// none. Nothing was changed, unless an earlier try of the same write was (look
// for your own token).
type Refused struct{ Current *Payout }

// Error implements error.
func (*Refused) Error() string { return "payout: the condition of the write was false" }

// Store keeps payouts. A method that returns nil has made its write durable.
//
// Insert and Apply return *Refused when the condition was false, ErrUnclear
// (wrapped) when the outcome is not known.
type Store interface {
	// Insert stores a payout if its id is absent, for a request that arrived at a time;
	// ErrTurnedAway if requests of that time have been turned away. [Whenever] is for what
	// no request asked for.
	Insert(ctx context.Context, p Payout, arrived time.Time) error
	// TurnAway remembers that nothing has been started under an id, and that nothing will be
	// by a request that arrived up to a time. *Refused if a payout has the id. The store may
	// forget it after a day, when no such request can be running any more.
	TurnAway(ctx context.Context, id ID, until time.Time) error
	// Apply makes the step's change if its guard holds and returns the payout
	// after it.
	Apply(ctx context.Context, s Step) (Payout, error)
	// Get reads consistently; ErrNotFound if there is none.
	Get(ctx context.Context, id ID) (Payout, error)
	// Due lists ids of one shard that are due at or before a time, oldest first.
	// It may be behind: Apply with Guard.DueAt decides.
	Due(ctx context.Context, shard int, until time.Time, limit int) ([]Due, error)
	// BindNamespace remembers the namespace of a new table, or returns
	// ErrNamespace if the table is bound to another one.
	BindNamespace(ctx context.Context, ns Namespace) error
	Lister
	Coordination
	Recipients
	Orphans
	Archive
	Feed
}

// Whenever is the arrival that nothing turns away: of a provider's word about a payout that
// the table does not have.
var Whenever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Lister reads lists. Lists may be a moment behind; a page may be short or empty
// while a cursor remains.
type Lister interface {
	// ListDay lists the payouts created on a UTC day (YYYY-MM-DD), newest first.
	ListDay(ctx context.Context, day string, q PageQuery) (Page, error)
	// ListAttention lists everything that needs a human, oldest first; of a part of it alone if
	// the query names one. A part is found without reading the other.
	ListAttention(ctx context.Context, q PageQuery) (Page, error)
	// ListOrphans lists claims that match no payout, newest first.
	ListOrphans(ctx context.Context, q PageQuery) (OrphanPage, error)
}

// PageQuery asks for one page. An empty status or provider means any.
type PageQuery struct {
	Status   Status
	Provider Provider
	Limit    int // 1 to 100
	Cursor   string
	Among    Gravity // of ListAttention alone
}

// Gravity is a part of what needs a human.
type Gravity string

// The parts; see [Attention.Grave].
const (
	AnyGravity Gravity = ""
	GraveAlone Gravity = "grave"
	LightAlone Gravity = "light"
)

// Holds reports whether a payout with this attention belongs to the part.
func (g Gravity) Holds(a Attention) bool {
	return g == AnyGravity || (g == GraveAlone) == a.Grave()
}

// Wants reports whether the filter of the query lets the payout through.
func (q PageQuery) Wants(p Payout) bool {
	return (q.Status == "" || q.Status == p.Status) && (q.Provider == "" || q.Provider == p.Provider)
}

// Page is one page of payouts; an empty Next ends the list.
type Page struct {
	Payouts []Payout
	Next    string
}

// OrphanPage is one page of orphans.
type OrphanPage struct {
	Orphans []Orphaned
	Next    string
}

// Due is a row of the due index.
type Due struct {
	ID    ID
	DueAt time.Time
}

// Connector speaks one provider's protocol.
type Connector interface {
	// Prepare builds and signs the request, or lists everything about the payout that the
	// provider cannot express or that is not configured. An error means that the settings
	// could not be read. Nobody is dialled.
	Prepare(ctx context.Context, p Payout) (Submission, []Fault, error)
	// Serves finds the faults that routing needs: of configuration, destination and currency.
	Serves(ctx context.Context, p Payout) ([]Fault, error)
	// Ask asks the provider for the status of one attempt of the payout. It always
	// returns a claim; a status query that failed is FoundUnclear.
	Ask(ctx context.Context, p Payout, about Attempt) Claim
	// AskAfter is how long after a submission the provider's "not found" means
	// nothing at all, so that a status query is not worth asking.
	AskAfter() time.Duration
}

// Submission is one request, ready to be sent once.
type Submission interface {
	// Dial starts to dial one fresh connection. Nothing is sent before Send.
	Dial(ctx context.Context)
	// Send sends the request at most once and says what became of it.
	Send(ctx context.Context) Claim
	// Account names the account that the request goes out under. References are unique
	// within it.
	Account() string
	// Close gives the connection up, if there is one. It may be called at any time, and twice.
	Close()
}

// Signals receives signals. Implementations never fail: a lost metric must not
// lose a payout.
type Signals interface {
	Signal(ctx context.Context, s Signal, p Provider, id ID)
	// Duplicate raises [SignalDuplicate] for a payout that is held because of the one in
	// SimilarTo, and counts it for who created it: whoever tries recipients out, or holds
	// others' money, is seen by that alone.
	Duplicate(ctx context.Context, p Payout)
	// Balance reports what is left at a provider.
	Balance(ctx context.Context, p Provider, b Balance)
	// Survey reports how the review queue stands.
	Survey(ctx context.Context, s Survey)
}

// Errors of verifying a callback, in the order in which it is checked. Whatever
// else a Verifier returns means that it could not check, and that the provider
// must send again.
var (
	// ErrCallbackMalformed: not the JSON that the provider documents.
	ErrCallbackMalformed = errors.New("payout: malformed callback")
	// ErrCallbackSignature: the signature is missing or wrong, and nothing else.
	ErrCallbackSignature = errors.New("payout: callback signature does not verify")
	// ErrCallbackUnusable: verified, but about another project or about nothing.
	ErrCallbackUnusable = errors.New("payout: verified callback is not usable")
	// ErrCallbackUnrelated: verified, and about something that is not a payout.
	ErrCallbackUnrelated = errors.New("payout: verified callback is not about a payout")
)

// Verifier turns the body of a callback into a claim, if its signature proves
// that the provider sent it.
type Verifier interface {
	Verify(ctx context.Context, body []byte) (Claim, error)
}
