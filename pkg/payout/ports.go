package payout

import (
	"context"
	"errors"
	"time"

	"cambodia-payouts/pkg/money"
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

// BalanceReporter is a Connector whose provider documents how to ask for the balance.
type BalanceReporter interface {
	// Balances asks for the balance of every account. It may return some of them
	// and an error about the others.
	Balances(ctx context.Context) ([]Balance, error)
}

// Coordination is the part of the store through which the functions of one deployment
// tell each other what is wrong. None of it is read or written by a payout that
// goes well, a glance at the shared state now and then aside.
type Coordination interface {
	// Shared reads the shared state consistently; one that was never written is empty.
	Shared(ctx context.Context) (Shared, error)
	// RememberRestore keeps for ever, on the shared state, that the table was restored at a time, unless
	// it remembers a later one.
	RememberRestore(ctx context.Context, at time.Time) error
	// SavePause puts a pause on the shared state, in place of an earlier one.
	SavePause(ctx context.Context, p Pause) error
	// ChangeControls appends a change, and so puts its controls in force; ErrControlsMoved if
	// a change of that number is there. No change is ever taken away.
	ChangeControls(ctx context.Context, e ControlEntry) error
	// ControlChanges lists the changes, newest first.
	ControlChanges(ctx context.Context, limit int) ([]ControlEntry, error)
	// ProposeControls keeps what waits for its second person, in place of an earlier one of
	// the same person; ErrControlsMoved if that is of a later version. It may be dropped after until.
	ProposeControls(ctx context.Context, p ControlProposal, until time.Time) error
	// ProposedControls lists consistently what was proposed, in any order. Some may be over.
	ProposedControls(ctx context.Context) ([]ControlProposal, error)
	// CountOutflow adds to what was submitted in a bucket, which may be dropped after until.
	CountOutflow(ctx context.Context, b OutflowBucket, until time.Time) error
	// OutflowSince lists consistently the buckets of a provider and currency that began at or
	// after a time.
	OutflowSince(ctx context.Context, p Provider, of money.Currency, since time.Time) ([]OutflowBucket, error)
}

// Endpoint is the merchant's webhook.
type Endpoint interface {
	// Ready reports whether there is an endpoint at all. An error means that it
	// cannot be told now.
	Ready(ctx context.Context) (bool, error)
	// Deliver makes one attempt.
	Deliver(ctx context.Context, m Message) Delivery
}

// Feed is the list of all news, in the order in which it was published. Every
// shard of payouts has a list of its own, numbered 1, 2, 3 … without a gap: a
// number is taken by the write that fills it, so a reader who has seen number n
// has seen everything up to n, however slow a writer was.
type Feed interface {
	// Publish appends events From to To of a payout to its shard's list. If since
	// is set, earlier tries may have got there; then nothing is published twice that stands
	// in an entry of that time or later. Entries are not quite in the order of their times:
	// since leaves room for that, and the search may end at the first one before it. It
	// returns an error if it is not certain that the news is in the list.
	Publish(ctx context.Context, n FeedEntry, since time.Time) error
	// ReadFeed lists up to limit entries of every shard behind a position, each
	// shard in its order, with the payouts they are about. A limit up to LongestPage+1 is
	// honoured in every shard: the one more tells whether a page is the last. It returns
	// ErrRewound if the list ends before the position.
	ReadFeed(ctx context.Context, after Position, limit int) ([]Published, error)
}

// Orphans is the part of the store that keeps claims which match no payout.
type Orphans interface {
	// KeepOrphan stores a claim that is not about a payout of ours; true if it
	// was new. Repetitions (same Key) are nil and false.
	KeepOrphan(ctx context.Context, o Orphaned) (bool, error)
	// DueOrphans lists the keys of such claims whose texts have to go at or before a time,
	// the oldest first. It may be behind.
	DueOrphans(ctx context.Context, until time.Time, limit int) ([]string, error)
	// RedactOrphan takes message and body out of one, in one write that also ends its
	// being due. One that is not there, or was done before, is no error.
	RedactOrphan(ctx context.Context, key string, at time.Time) error
}

// People is the register: who stands behind a principal. Orders for two need two
// different persons of it.
type People interface {
	// Who finds the person behind a caller's identities, the most telling one first.
	Who(ctx context.Context, identities []Principal) (Person, error)
}

// Recipients is the part of the store that remembers, per recipient, the payouts that
// nobody may know the end of.
type Recipients interface {
	// NoteUnsettled puts a payout on its recipient's list, once, if that has fewer entries than
	// most, and returns the whole list. The store may drop the list after the time keep, which
	// every note moves. If until is set, the shared state says that lists are worth a look until then.
	// It returns ErrCrowded, with the list, if there is no room.
	NoteUnsettled(ctx context.Context, u Unsettled, most int, keep, until time.Time) ([]Unsettled, error)
	// FindUnsettled returns a list; none is empty.
	FindUnsettled(ctx context.Context, key RecipientKey) ([]Unsettled, error)
	// ForgetUnsettled takes payouts off their list.
	ForgetUnsettled(ctx context.Context, key RecipientKey, settled []Unsettled) error
}

// Keys finds the stack's key. A cache of its secret is one, and so is a key.
type Keys interface {
	// Current returns the key, or an error while it cannot be read.
	Current(ctx context.Context) (StackKey, error)
}

// Archive keeps reports.
type Archive interface {
	// KeepReport stores a report under its statement's hash, if there is none. The store may
	// drop it after the time until; zero: never.
	KeepReport(ctx context.Context, hash string, report []byte, until time.Time) error
	// FindReport returns the report of a statement, ErrNotFound if it was never
	// imported to the end.
	FindReport(ctx context.Context, hash string) ([]byte, error)
	// KeepProposal remembers who sent a statement first, in place of an earlier one. The
	// store may drop it after the time until.
	KeepProposal(ctx context.Context, hash string, p StatementProposal, until time.Time) error
	// FindProposal returns it, ErrNotFound if nobody did.
	FindProposal(ctx context.Context, hash string) (StatementProposal, error)
}
