package monetix

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/provider"
)

// The paths of the API, below the base address.
const (
	createPath = "/v2/payment/banks/cambodia/payout"
	statusPath = "/v2/payment/status"
)

// askAfter is the time before which Gate may answer "not registered" about a
// payment that will be.
const askAfter = 10 * time.Second

// Client is the payout.Connector to Monetix.
type Client struct {
	parts  Options
	encode encoder
}

var _ payout.Connector = (*Client)(nil)

// NewClient returns a client. The address of the callbacks is checked per payout,
// so that a wrong one is a fault of the request and not of the start.
func NewClient(o Options) (*Client, error) {
	o, err := o.Complete()
	if err != nil {
		return nil, fmt.Errorf("monetix: %w", err)
	}
	return &Client{o, encoder{banks: o.Banks, callbackURL: o.CallbackURL, rules: o.URLRules}}, nil
}

// current is what to sign with; a fault when there is nothing.
func (c *Client) current(ctx context.Context) (Credentials, []payout.Fault, error) {
	credentials, err := c.parts.Keys.Current(ctx)
	if errors.Is(err, ErrNotConfigured) {
		return Credentials{}, provider.Unserved("Monetix"), nil
	}
	if err != nil {
		return Credentials{}, nil, fmt.Errorf("monetix: read the keys: %w", err)
	}
	return credentials, nil, nil
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

// Prepare implements payout.Connector.
func (c *Client) Prepare(ctx context.Context, p payout.Payout) (payout.Submission, []payout.Fault, error) {
	credentials, missing, err := c.current(ctx)
	if err != nil {
		return nil, nil, err
	}
	body, found := c.encode.create(p, credentials.ProjectID)
	if found = append(missing, found...); len(found) > 0 {
		return nil, found, nil
	}
	request, err := credentials.request(createPath, body)
	if err != nil {
		return nil, nil, err
	}
	return c.parts.Submission(request, accountOf(credentials.ProjectID), func(result oneshot.Result) payout.Claim {
		if claim := unanswered(result); claim.Finding != "" {
			return claim
		}
		return acknowledged(result.Status, result.Body, p, credentials.ProjectID)
	}), nil, nil
}

// request is a signed request to one of Gate's addresses.
func (c Credentials) request(path string, r request) (oneshot.Request, error) {
	body, err := signed(r, c)
	if err != nil {
		return oneshot.Request{}, fmt.Errorf("monetix: write the body: %w", err)
	}
	return provider.Request(c.BaseURL, path, body, nil), nil
}

// accountOf names a project: payment_id is unique within it.
func accountOf(project int64) string { return strconv.FormatInt(project, 10) }

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
	claim := c.queryStatus(ctx, p.ID.ProviderReference(about))
	claim.At = c.parts.Now()
	return claim
}

func (c *Client) queryStatus(ctx context.Context, about payout.ProviderReference) payout.Claim {
	credentials, missing, err := c.current(ctx)
	if err != nil || len(missing) > 0 {
		return unclear("Monetix cannot be asked: no credentials")
	}
	r, err := credentials.request(statusPath, statusQuery(about, credentials.ProjectID))
	if err != nil {
		return unclear("the status query could not be written")
	}
	result := c.parts.Post(ctx, r)
	if result.Outcome != oneshot.Answered || result.Status != http.StatusOK {
		return unclear("no usable answer to the status query")
	}
	claim := c.answered(ctx, result.Body, about)
	claim.Raw, claim.Account = result.Body, accountOf(credentials.ProjectID)
	return claim
}

func unclear(message string) payout.Claim {
	return payout.Claim{Finding: payout.FoundUnclear, Message: message}
}

// answered reads the answer to a status query. What it says about the money counts
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
	signer, _, err := signerOf(ctx, c.parts.Keys, tree)
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
