package payout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cambodia-payouts/pkg/memstore"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// memory is the store in memory with faults on demand: the real stores cannot be told to lose an
// acknowledgement.
type memory struct {
	*memstore.Store
	*memstore.Contents

	mu     sync.Mutex
	writes int
	// fault is asked before every write: lostBefore leaves it undone and
	// unclear, lostAfter does it and is unclear.
	fault func(write int) fault
	reads int
	added [][]payout.Fact // by each write that added any

	keep       map[payout.RecipientKey]time.Time // when a list may be dropped
	listFault  error                             // of the next notes
	findFault  error                             // of reading lists
	finding    func()                            // runs once, before a list is read
	forgetting func()                            // runs once, before entries are taken off
	getFault   error                             // of reading payouts

	feedFault     func() fault    // of each put in the feed; nil: the fault of its turn
	inReview      []payout.Payout // what ListAttention lists, one payout a page
	inReviewFault error
	listing       func() // runs with each page of the review queue
}

type fault int

const (
	none fault = iota
	lostBefore
	lostAfter
	retried // done, and sent once more by whoever carries it
)

func newMemory() *memory {
	store := memstore.New()
	return &memory{
		Store: store, Contents: store.Contents(), keep: map[payout.RecipientKey]time.Time{},
		fault: func(int) fault { return none },
	}
}

// copy is a backup of the payouts.
func (m *memory) copy() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	backup := newMemory()
	backup.Payouts = maps.Clone(m.Payouts)
	return backup
}

// write runs one write under the fault of its turn.
func (m *memory) write(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	switch m.fault(m.writes) {
	case lostBefore:
		return fmt.Errorf("%w: lost before", payout.ErrUnclear)
	case lostAfter:
		if err := do(); err != nil {
			return err
		}
		return fmt.Errorf("%w: lost after", payout.ErrUnclear)
	case retried:
		if err := do(); err != nil {
			return err
		}
	}
	return do()
}

func (m *memory) TurnAway(ctx context.Context, id payout.ID, until time.Time) error {
	return m.write(func() error { return m.Store.TurnAway(ctx, id, until) })
}

func (m *memory) Insert(ctx context.Context, p payout.Payout, arrived time.Time) error {
	return m.write(func() error { return m.Store.Insert(ctx, p, arrived) })
}

func (m *memory) Apply(ctx context.Context, s payout.Step) (after payout.Payout, err error) {
	err = m.write(func() error {
		after, err = m.Store.Apply(ctx, s)
		if err == nil && len(s.Then.Heard) > 0 {
			m.added = append(m.added, s.Then.Heard)
		}
		return err
	})
	return after, err
}

func (m *memory) Get(ctx context.Context, id payout.ID) (payout.Payout, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if m.getFault != nil {
		return payout.Payout{}, m.getFault
	}
	return m.Store.Get(ctx, id)
}

func (m *memory) KeepOrphan(ctx context.Context, o payout.Orphaned) (fresh bool, err error) {
	err = m.write(func() error {
		fresh, err = m.Store.KeepOrphan(ctx, o)
		return err
	})
	return fresh, err
}

func (m *memory) RedactOrphan(ctx context.Context, key string, at time.Time) error {
	return m.write(func() error { return m.Store.RedactOrphan(ctx, key, at) })
}

// expire drops the lists that may be dropped.
func (m *memory) expire(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, at := range m.keep {
		if at.Before(now) {
			delete(m.Lists, key)
		}
	}
}

func (m *memory) ChangeControls(ctx context.Context, e payout.ControlEntry) error {
	return m.write(func() error { return m.Store.ChangeControls(ctx, e) })
}

func (m *memory) ProposeControls(ctx context.Context, p payout.ControlProposal, until time.Time) error {
	return m.write(func() error { return m.Store.ProposeControls(ctx, p, until) })
}

func (m *memory) CountOutflow(ctx context.Context, b payout.OutflowBucket, until time.Time) error {
	return m.write(func() error { return m.Store.CountOutflow(ctx, b, until) })
}

func (m *memory) NoteUnsettled(ctx context.Context, u payout.Unsettled, most int, keep, until time.Time) ([]payout.Unsettled, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.listFault != nil {
		return nil, m.listFault
	}
	list, err := m.Store.NoteUnsettled(ctx, u, most, keep, until)
	if err == nil {
		m.keep[u.Key] = keep
	}
	return list, err
}

func (m *memory) FindUnsettled(ctx context.Context, key payout.RecipientKey) ([]payout.Unsettled, error) {
	if do := m.finding; do != nil {
		m.finding = nil
		do()
	}
	if m.findFault != nil {
		return nil, m.findFault
	}
	return m.Store.FindUnsettled(ctx, key)
}

func (m *memory) ForgetUnsettled(ctx context.Context, key payout.RecipientKey, settled []payout.Unsettled) error {
	if do := m.forgetting; do != nil {
		m.forgetting = nil
		do()
	}
	return m.Store.ForgetUnsettled(ctx, key, settled)
}

func (m *memory) Publish(ctx context.Context, n payout.FeedEntry, since time.Time) error {
	put := func() error { return m.Store.Publish(ctx, n, since) }
	if m.feedFault != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.feedFault() == lostAfter {
			_ = put()
		}
		return fmt.Errorf("%w: no answer", payout.ErrUnclear)
	}
	return m.write(put)
}

func (m *memory) ListAttention(_ context.Context, q payout.PageQuery) (payout.Page, error) {
	if m.listing != nil {
		m.listing()
	}
	at, _ := strconv.Atoi(q.Cursor)
	for at < len(m.inReview) && !q.Among.Holds(m.inReview[at].Attention) {
		at++
	}
	if at >= len(m.inReview) {
		return payout.Page{}, m.inReviewFault
	}
	page := payout.Page{Payouts: m.inReview[at : at+1]}
	if at+1 < len(m.inReview) {
		page.Next = strconv.Itoa(at + 1)
	}
	return page, m.inReviewFault
}

// provider is a connector whose answers are scripted; it counts what it sends.
type provider struct {
	name    payout.Provider
	answer  func(p payout.Payout) payout.Claim
	told    func(p payout.Payout) payout.Claim
	during  func() // runs while the request is on its way
	faults  []payout.Fault
	failing error
	account string // "" is one, too

	mu    sync.Mutex
	sent  []payout.ProviderReference
	asked int
	about []payout.Attempt // of each status query
}

func (p *provider) Serves(context.Context, payout.Payout) ([]payout.Fault, error) {
	return p.faults, p.failing
}

func (p *provider) Prepare(_ context.Context, po payout.Payout) (payout.Submission, []payout.Fault, error) {
	return submission{p, po}, p.faults, p.failing
}

func (p *provider) Ask(_ context.Context, po payout.Payout, about payout.Attempt) payout.Claim {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	p.about = append(p.about, about)
	return p.told(po)
}

func (p *provider) AskAfter() time.Duration { return 10 * time.Second }

type submission struct {
	of *provider
	po payout.Payout
}

func (s submission) Send(context.Context) payout.Claim {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.sent = append(s.of.sent, s.po.ProviderReference())
	if s.of.during != nil {
		s.of.during()
	}
	return s.of.answer(s.po)
}

func (submission) Dial(context.Context) {}

func (submission) Close() {}

func (s submission) Account() string { return s.of.account }

// endpoint is the merchant's webhook. Without answers it takes everything.
type endpoint struct {
	off     bool // there is none
	mu      sync.Mutex
	answers []payout.Delivery // of the next attempts
	always  payout.Delivery   // afterwards; the zero delivery takes
	got     []payout.Event    // every attempt
	taken   []payout.EventID
	during  func()
	refuses func(payout.Event) bool // is answered 404, say
}

func (e *endpoint) Ready(context.Context) (bool, error) { return !e.off, nil }

func (e *endpoint) Deliver(_ context.Context, m payout.Message) payout.Delivery {
	if e.during != nil {
		e.during()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var event payout.Event
	if err := json.Unmarshal(m.Body, &event); err != nil || event.ID != m.ID {
		panic("not an event")
	}
	e.got = append(e.got, event)
	d := e.always
	if len(e.answers) > 0 {
		d, e.answers = e.answers[0], e.answers[1:]
	}
	if e.refuses != nil && e.refuses(event) {
		d.Result = payout.Down
	}
	if d.Result == "" {
		d.Result = payout.Delivered
	}
	if d.Result == payout.Delivered {
		e.taken = append(e.taken, event.ID)
	}
	return d
}

// signals remembers what was raised.
type signals struct {
	mu      sync.Mutex
	raised  []payout.Signal
	surveys []payout.Survey
	// duplicates are the payouts that were held, as they stood then.
	duplicates []payout.Payout
}

func (s *signals) Signal(_ context.Context, name payout.Signal, _ payout.Provider, _ payout.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raised = append(s.raised, name)
}

func (s *signals) Duplicate(ctx context.Context, p payout.Payout) {
	s.Signal(ctx, payout.SignalDuplicate, p.Provider, p.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.duplicates = append(s.duplicates, p)
}

func (*signals) Balance(context.Context, payout.Provider, payout.Balance) {}

func (s *signals) Survey(_ context.Context, survey payout.Survey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.surveys = append(s.surveys, survey)
}

// clock is the tests' time; it moves only when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is one deployment in memory.
type world struct {
	t       *testing.T
	clock   *clock
	store   *memory
	vexora  *provider
	monetix *provider
	// connectors may be changed: every story looks them up in this map.
	connectors map[payout.Provider]payout.Connector
	signals    *signals
	breaker    *payout.Breaker
	creator    *payout.Creator
	sweeper    *payout.Sweeper
	receiver   *payout.Receiver
	// operator and importer share everything with the others.
	operator *payout.Operator
	importer *statement.Importer
	endpoint *endpoint
	notifier *payout.Notifier
	keyFault error // of reading the stack's key
	paused   func(time.Duration)
	// deploy replaces the sweeper by one under another policy, over the same table.
	deploy func(decide func(*payout.Policy))
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*payout.Policy) {})
}

// tokens are never used again, not even by the service over a table that was restored.
var tokens atomic.Int64

// newWorldWith is a world under another policy.
func newWorldWith(t *testing.T, decide func(*payout.Policy)) *world {
	t.Helper()
	w := &world{
		t:     t,
		clock: &clock{now: time.Date(2026, 5, 16, 8, 10, 0, 0, time.UTC)},
		store: newMemory(), signals: &signals{},
	}
	w.breaker = payout.NewBreaker(w.store, payout.Floor{Caps: most(t)})
	w.vexora, w.monetix = w.provider(Vexora), w.provider(Monetix)
	w.connectors = map[payout.Provider]payout.Connector{Vexora: w.vexora, Monetix: w.monetix}
	ports := payout.Ports{
		Store:      w.store,
		Connectors: w.connectors,
		Signals:    w.signals, Breaker: w.breaker, Keys: w, Now: w.clock.Now,
		NewToken: func() string {
			return fmt.Sprintf("%06d-token", tokens.Add(1))
		},
		Pause: func(_ context.Context, d time.Duration) {
			if w.paused != nil {
				w.paused(d)
			}
		},
		People: register,
	}
	policy := payout.Policy{
		Namespace: "test", Order: []payout.Provider{Monetix, Vexora},
	}
	decide(&policy)
	var err error
	if w.creator, err = payout.NewCreator(ports, policy); err != nil {
		t.Fatal(err)
	}
	same := func(d time.Duration) time.Duration { return d }
	w.endpoint = &endpoint{}
	if w.notifier, err = payout.NewNotifier(payout.NotifierPorts{
		Store: w.store, Endpoint: w.endpoint, Signals: w.signals, Breaker: w.breaker, Now: w.clock.Now, NewToken: ports.NewToken, Jitter: same,
	}); err != nil {
		t.Fatal(err)
	}
	ports.Notifier = w.notifier
	if w.sweeper, err = payout.NewSweeper(ports, policy, same); err != nil {
		t.Fatal(err)
	}
	w.deploy = func(decide func(*payout.Policy)) {
		t.Helper()
		decide(&policy)
		if w.sweeper, err = payout.NewSweeper(ports, policy, same); err != nil {
			t.Fatal(err)
		}
	}
	w.receiver = payout.NewReceiver(w.store, w.signals, policy).Under(w.breaker, w.clock.Now)
	w.importer = statement.NewImporter(w.store, payout.NewStatements(w.receiver, register, w.clock.Now), w.clock.Now)
	if w.operator, err = payout.NewOperator(ports, policy); err != nil {
		t.Fatal(err)
	}
	return w
}

// testKey is the stack's key of these tests.
var testKey = func() payout.StackKey {
	key, err := payout.NewStackKey("a key of hashes over personal data, for tests")
	if err != nil {
		panic(err)
	}
	return key
}()

// Current finds the stack's key, unless it cannot be read.
func (w *world) Current(context.Context) (payout.StackKey, error) { return testKey, w.keyFault }

// named is the world's provider of a name.
func (w *world) named(name payout.Provider) *provider {
	return map[payout.Provider]*provider{Vexora: w.vexora, Monetix: w.monetix}[name]
}

func (w *world) provider(name payout.Provider) *provider {
	accepted := func(p payout.Payout) payout.Claim {
		return payout.Claim{Finding: payout.FoundProcessing, ProviderID: "N-" + string(p.ID[:6]), Code: "0015", At: w.clock.Now()}
	}
	return &provider{name: name, answer: accepted, told: accepted}
}

// people is a register of people by their principals.
type people map[payout.Principal]payout.Person

func (p people) Who(_ context.Context, identities []payout.Principal) (payout.Person, error) {
	for _, identity := range identities {
		if person, there := p[identity]; there {
			return person, nil
		}
	}
	return "", payout.ErrNotRegistered
}

// register is the one of these tests. Dara has a role and a token.
var register = people{dara: "Dara", darasToken: "Dara", bopha: "Bopha", sokha: "Sokha"}

func amount(t *testing.T, text string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(text, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// draft is the Vexora page's own example as a create request.
func draft(reference string) payout.Draft {
	return payout.Draft{
		Reference: payout.Reference(reference), Provider: Vexora, Amount: "50000", Currency: "KHR",
		Destination: payout.Destination{
			Type: payout.WalletDestination, Wallet: payout.Lanton,
			AccountID: "lanton_88990011", AccountNumber: "88990011",
		},
		Beneficiary: payout.Beneficiary{
			ID: "customer_123", FirstName: "Sophea", LastName: "Chan",
			Email: "sophea.chan@example.com", Phone: "+855 12 345 678",
		},
	}
}

func (w *world) create(d payout.Draft) (payout.Created, error) {
	return w.creator.Create(context.Background(), d, "arn:aws:iam::111122223333:role/payroll")
}

func (w *world) mustCreate(d payout.Draft) payout.Payout {
	w.t.Helper()
	created, err := w.create(d)
	if err != nil {
		w.t.Fatal(err)
	}
	return created.Payout
}

func (w *world) stored(id payout.ID) payout.Payout {
	w.t.Helper()
	p, err := w.store.Get(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// claim is a callback about the payout, as its provider would send it.
// codeFor is a provider's code for a finding, in digits as both providers write theirs.
func codeFor(f payout.Finding) string {
	return fmt.Sprintf("0%03d", 100+slices.Index([]payout.Finding{
		payout.FoundProcessing, payout.FoundSucceeded, payout.FoundFailed, payout.FoundReturned, payout.FoundUnlisted, payout.FoundUnclear,
	}, f))
}

func (w *world) claim(p payout.Payout, f payout.Finding) payout.Claim {
	return payout.Claim{
		Source: payout.FromCallback, Provider: p.Provider, Reference: string(p.ProviderReference()),
		ProviderID: "N-" + string(p.ID[:6]), Finding: f, Amounts: []money.Amount{p.Amount},
		Code: codeFor(f), Message: "as the provider has it", Raw: []byte(`{"a":1}`), At: w.clock.Now(),
	}
}

func (w *world) receive(c payout.Claim) payout.Verdict {
	w.t.Helper()
	v, err := w.receiver.Receive(context.Background(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// sweep runs every shard once.
func (w *world) sweep() {
	w.t.Helper()
	for shard := range payout.Shards {
		if _, err := w.sweeper.Sweep(context.Background(), shard); err != nil {
			w.t.Fatal(err)
		}
	}
}

// held holds providers for good.
// most are the caps of the stack.
func most(t *testing.T) map[money.Currency]money.Amount {
	t.Helper()
	return map[money.Currency]money.Amount{money.KHR: amount(t, "60000000", money.KHR), money.USD: amount(t, "10000", money.USD)}
}

// over begins anew on another floor, as a deployment of other parameters does.
func (w *world) over(floor payout.Floor) {
	w.t.Helper()
	if floor.Caps == nil {
		floor.Caps = most(w.t)
	}
	*w.breaker = *payout.NewBreaker(w.store, floor)
}

func held(names ...payout.Provider) map[payout.Provider]payout.QueuedReason {
	all := map[payout.Provider]payout.QueuedReason{}
	for _, name := range names {
		all[name] = payout.QueuedHeld
	}
	return all
}
