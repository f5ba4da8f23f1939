package monetix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
)

// The paths of the API, below the base address.
const (
	createPath = "/v2/payment/banks/cambodia/payout"
	statusPath = "/v2/payment/status"
)

// askAfter is the time before which Gate may answer "not registered" about a
// payment that will be.
const askAfter = 10 * time.Second

// defaultTimeout bounds the wait for an answer; the usual one takes less than a
// tenth of a second.
const defaultTimeout = 15 * time.Second

// Options are the parts of a client. Timeout may be zero for 15 seconds.
type Options struct {
	Keys        Keys
	Settings    Settings
	Banks       bank.Directory
	CallbackURL string
	URLRules    URLRules
	Now         func() time.Time
	Timeout     time.Duration
	// Dial reaches the provider; nil means oneshot.Direct.
	Dial oneshot.Dialer
}

// Client is the payout.Connector to Monetix.
type Client struct {
	keys    Keys
	encode  encoder
	now     func() time.Time
	timeout time.Duration
	dial    oneshot.Dialer
}

var _ payout.Connector = (*Client)(nil)

// NewClient returns a client. The address of the callbacks is checked per payout,
// so that a wrong one is a fault of the request and not of the start.
func NewClient(o Options) (*Client, error) {
	if o.Keys == nil || o.Now == nil {
		return nil, errors.New("monetix: keys and clock are required")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Dial == nil {
		o.Dial = oneshot.Direct
	}
	return &Client{
		dial: o.Dial,
		keys: o.Keys, now: o.Now, timeout: o.Timeout,
		encode: encoder{banks: o.Banks, callbackURL: o.CallbackURL, rules: o.URLRules},
	}, nil
}

// current is what to sign with; a fault when there is nothing.
func (c *Client) current(ctx context.Context) (Credentials, []payout.Fault, error) {
	credentials, err := c.keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return Credentials{}, []payout.Fault{{Pointer: "/provider", Code: payout.ProviderNotConfigured, Message: "Monetix has no credentials"}}, nil
	}
	if err != nil {
		return Credentials{}, nil, fmt.Errorf("monetix: read the keys: %w", err)
	}
	return credentials, nil, nil
}

// Check implements payout.Connector.
func (c *Client) Check(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	credentials, missing, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	_, found := c.encode.create(p, credentials.ProjectID)
	return append(missing, found...), nil
}

// Serves implements payout.Connector.
func (c *Client) Serves(ctx context.Context, p payout.Payout) ([]payout.Fault, error) {
	_, missing, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	found := faults(missing)
	c.encode.reach(p.Destination, &found)
	return found, nil
}

// Open implements payout.Connector.
func (c *Client) Open(ctx context.Context, p payout.Payout) (payout.Submission, error) {
	credentials, missing, err := c.current(ctx)
	if err != nil {
		return nil, err
	}
	body, found := c.encode.create(p, credentials.ProjectID)
	if found = append(missing, found...); len(found) > 0 {
		return nil, fmt.Errorf("monetix: the payout cannot be expressed: %s %s", found[0].Pointer, found[0].Code)
	}
	r, err := credentials.request(createPath, body)
	if err != nil {
		return nil, err
	}
	return &submission{
		line: c.dial(ctx, r.URL), request: r, payout: p,
		project: credentials.ProjectID, now: c.now, timeout: c.timeout,
	}, nil
}

// request is a signed request to one of Gate's addresses.
func (c Credentials) request(path string, r request) (oneshot.Request, error) {
	body, err := seal(r, c)
	if err != nil {
		return oneshot.Request{}, fmt.Errorf("monetix: write the body: %w", err)
	}
	target := *c.BaseURL
	target.Path += path
	return oneshot.Request{URL: &target, Body: body, Header: http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json"},
	}}, nil
}

// submission is one payout request, ready to be sent once.
type submission struct {
	line    oneshot.Connection
	request oneshot.Request
	payout  payout.Payout
	project int64
	now     func() time.Time
	timeout time.Duration
}

// Send implements payout.Submission.
func (s *submission) Send(ctx context.Context) payout.Claim {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	result := s.line.Post(ctx, s.request)
	claim := unanswered(result)
	if claim.Finding == "" {
		claim = acknowledged(result.Status, result.Body, s.payout, s.project)
	}
	claim.Raw, claim.At = result.Body, s.now()
	return claim
}

// Account implements payout.Submission: payment_id is unique within a project.
func (s *submission) Account() string { return accountOf(s.project) }

func accountOf(project int64) string { return strconv.FormatInt(project, 10) }

// Close implements payout.Submission.
func (s *submission) Close() { s.line.Close() }

// unanswered is the claim of a result without an answer; without a finding there
// is one.
func unanswered(r oneshot.Result) payout.Claim {
	switch r.Outcome {
	case oneshot.NotSent:
		return payout.Claim{Finding: payout.FoundNotSent, Message: "no connection to Monetix"}
	case oneshot.Lost:
		return payout.Claim{Finding: payout.FoundUnclear, Message: "no answer from Monetix"}
	}
	return payout.Claim{}
}

// Ask implements payout.Connector.
func (c *Client) Ask(ctx context.Context, p payout.Payout, about payout.Attempt) payout.Claim {
	claim := c.ask(ctx, p.ID.ProviderReference(about))
	claim.At = c.now()
	return claim
}

func (c *Client) ask(ctx context.Context, about payout.ProviderReference) payout.Claim {
	credentials, missing, err := c.current(ctx)
	if err != nil || len(missing) > 0 {
		return unclear("Monetix cannot be asked: no credentials")
	}
	r, err := credentials.request(statusPath, question(about, credentials.ProjectID))
	if err != nil {
		return unclear("the question could not be written")
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	result := c.dial(ctx, r.URL).Post(ctx, r)
	if result.Outcome != oneshot.Answered || result.Status != http.StatusOK {
		return unclear("no usable answer to the question")
	}
	claim := c.answered(ctx, result.Body, about)
	claim.Raw, claim.Account = result.Body, accountOf(credentials.ProjectID)
	return claim
}

func unclear(message string) payout.Claim {
	return payout.Claim{Finding: payout.FoundUnclear, Message: message}
}

// answered reads the answer to a question. What it says about the money counts
// only if its signature verifies. "Not found" counts without: it proves nothing,
// and nobody documents whether such answers are signed.
func (c *Client) answered(ctx context.Context, body []byte, about payout.ProviderReference) payout.Claim {
	tree, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return unclear("the answer is not Monetix' JSON")
	}
	if code := absence(tree); code != "" {
		return payout.Claim{Finding: payout.FoundAbsent, Code: code}
	}
	signer, _, err := signerOf(ctx, c.keys, tree)
	if err != nil {
		return unclear("the answer's signature does not verify")
	}
	payment, _ := tree.Member("payment")
	if payment.Kind() != jsontree.Object || !sameProject(tree, signer.ProjectID) || scalar(payment, "id") != string(about) {
		return unclear("the answer is about something else")
	}
	if kind := plain(scalar(payment, "type")); kind != payoutKind && kind != "" {
		return unclear("the answer is about another kind of payment")
	}
	s := stateOf(tree)
	claim := s.claim()
	if asked, there := payment.Member("sum"); there {
		sum(&claim, asked)
	}
	if part, is := s.whole(claim.Finding); is {
		sum(&claim, part)
	}
	return claim
}

// absence finds "not found" in any of the shapes that the pages show; not beside an
// operation that is there.
func absence(tree jsontree.Value) string {
	s := stateOf(tree)
	if status := plain(scalar(s.payment, "status")); status != "" && status != "error" || !s.allClosed() {
		return ""
	}
	for _, code := range append([]string{scalar(tree, "code")}, s.codes()...) {
		if slices.Contains(notFound, plainCode(code)) {
			return code
		}
	}
	return ""
}

// AskAfter implements payout.Connector.
func (c *Client) AskAfter() time.Duration { return askAfter }
