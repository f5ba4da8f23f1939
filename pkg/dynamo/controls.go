package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// The shared state's partition: the shared state itself, then the changes of the controls, the newest one
// first, then what waits for a second person, an item of each person. So one query of two
// items is a glance at all that stops a submission.
const (
	// Sort keys: "board" < "change#" < "outflow#" < "proposal#".
	changePrefix  = "change#"
	orderedPrefix = "proposal#"
	// mostOrdered is more than a register can hold people of; a page ends before anyway.
	mostOrdered = 1000
	// lastChange is what a change's number is taken from, so that the newest sorts first.
	lastChange = 999_999_999

	attrSubmissions = "submissions"
	attrCaps        = "caps"
	attrCallbacks   = "callbacks"
	attrReleasedAt  = "released_at"
	attrReleased    = "released"
	attrReason      = "reason"
	attrSecond      = "second"
	attrBefore      = "before"
	attrAfter       = "after"
	attrChange      = "change"
	attrChangeToken = "token"
)

// changeKey counts down, in a fixed width: the newest change stands first behind the shared
// state, where one query of two items finds it.
func changeKey(version int) item {
	return itemKey(kindBoard, fmt.Sprintf("%s%09d", changePrefix, lastChange-version))
}

// Shared implements payout.Coordination with one consistent query. Pauses, the restore and the
// controls come in one answer: none can be known without the other (decision 0010). Every process
// asks every five seconds, so it stays two items however long the log is.
func (s *Store) Shared(ctx context.Context) (payout.Shared, error) {
	items, err := s.boardItems(ctx, kindBoard, 2)
	if err != nil {
		return payout.Shared{}, fmt.Errorf("dynamo: read the shared state: %w", err)
	}
	all := payout.Shared{Pauses: map[payout.Provider]payout.Pause{}}
	// While nobody has written the shared state itself, both items may be changes.
	for n := len(items) - 1; n >= 0; n-- { // of two changes the first one is the newer
		r := newReader(items[n])
		switch sk := r.text(attrSK); {
		case sk == kindBoard:
			all.Pauses, all.UnsettledUntil, all.RestoredAt = r.pauses(), r.moment(attrUnsettledUntil), r.moment(attrRestoredAt)
		case strings.HasPrefix(sk, changePrefix):
			all.Controls = r.child(attrAfter).controls()
		}
		if err := r.failure(); err != nil {
			return payout.Shared{}, fmt.Errorf("dynamo: read the shared state: %w", err)
		}
	}
	return all, nil
}

// boardItems reads the shared state's partition from a sort key on.
func (s *Store) boardItems(ctx context.Context, from string, limit int) ([]item, error) {
	e := newExpression()
	condition := fmt.Sprintf("%s = %s AND %s >= %s", e.name(attrPK), e.value("board", text(kindBoard)), e.name(attrSK), e.value("from", text(from)))
	out, err := s.api.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(s.table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression: aws.String(condition), ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if err != nil {
		return nil, err
	}
	items := make([]item, len(out.Items))
	for n, i := range out.Items {
		items[n] = i
	}
	return items, nil
}

// ChangeControls implements payout.Coordination. The change is the fence, the history and what is in
// force, all in one write. So no order is in force without its entry, and of two orders at one
// moment one is told that the controls have moved. The token in the entry tells a caller whose
// answer was lost that it was his.
func (s *Store) ChangeControls(ctx context.Context, c payout.ControlEntry) error {
	i := changeKey(c.Version)
	i.put(attrSchema, count(SchemaVersion))
	i.put(attrVersion, count(c.Version))
	i.put(attrAt, moment(c.At))
	i.put(attrBy, text(string(c.By)))
	i.put(attrPerson, text(string(c.Person)))
	i.put(attrSecond, text(string(c.Second)))
	i.put(attrReason, text(c.Reason))
	i.put(attrBefore, nested(encodeControls(c.Before)))
	i.put(attrAfter, nested(encodeControls(c.After)))
	i.put(attrChangeToken, text(c.Token))
	_, err := s.api.PutItem(ctx, s.putIfAbsent(i))
	if _, there := refused(err); there {
		return payout.ErrControlsMoved
	}
	if err != nil {
		return unclear("change the controls", err)
	}
	return nil
}

// ControlChanges implements payout.Coordination. They have no time to live: the log is what
// happened, and nothing of it is ever taken out (decision 0024).
func (s *Store) ControlChanges(ctx context.Context, limit int) ([]payout.ControlEntry, error) {
	items, err := s.boardItems(ctx, changePrefix, limit)
	if err != nil {
		return nil, fmt.Errorf("dynamo: list the changes of the controls: %w", err)
	}
	var all []payout.ControlEntry
	for _, i := range items {
		r := newReader(i)
		if !strings.HasPrefix(r.text(attrSK), changePrefix) {
			break // what waits comes after them
		}
		all = append(all, payout.ControlEntry{
			Version: int(r.number(attrVersion)), At: r.moment(attrAt), By: payout.Principal(r.text(attrBy)),
			Person: payout.Person(r.text(attrPerson)), Second: payout.Person(r.text(attrSecond)), Reason: r.text(attrReason),
			Before: r.child(attrBefore).controls(), After: r.child(attrAfter).controls(), Token: r.text(attrChangeToken),
		})
		if err := r.failure(); err != nil {
			return nil, fmt.Errorf("dynamo: list the changes of the controls: %w", err)
		}
	}
	return all, nil
}

// ProposeControls implements payout.Coordination. Each person has an item, so that nobody writes over
// another's, and what comes late not over what was ordered since.
func (s *Store) ProposeControls(ctx context.Context, p payout.ControlProposal, until time.Time) error {
	i := itemKey(kindBoard, orderedPrefix+string(p.Person))
	i.put(attrSchema, count(SchemaVersion))
	i.put(attrChange, nested(encodeControls(asControls(p.Change))))
	i.put(attrReason, text(p.Reason))
	i.put(attrBy, text(string(p.By)))
	i.put(attrPerson, text(string(p.Person)))
	i.put(attrIdentity, text(string(p.Identity)))
	i.put(attrAt, moment(p.At))
	i.put(attrVersion, count(p.Version))
	i.put(attrExpiresAt, epoch(until))
	e := newExpression()
	version := e.name(attrVersion)
	// An item's version is that of the controls that its person saw. A put may arrive late, and
	// an order of controls that are gone must not replace the one that people wait for.
	unlessLater := fmt.Sprintf("attribute_not_exists(%s) OR %s <= %s", version, version, e.value("version", count(p.Version)))
	_, err := s.api.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(s.table), Item: i, ConditionExpression: aws.String(unlessLater),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if _, later := refused(err); later {
		return payout.ErrControlsMoved
	}
	if err != nil {
		return unclear("propose a change of the controls", err)
	}
	return nil
}

// ProposedControls implements payout.Coordination. What is proposed stands last on the shared
// state. DynamoDB deletes late, so some may be over: the caller compares their times.
func (s *Store) ProposedControls(ctx context.Context) ([]payout.ControlProposal, error) {
	items, err := s.boardItems(ctx, orderedPrefix, mostOrdered)
	if err != nil {
		return nil, fmt.Errorf("dynamo: list the proposals for the controls: %w", err)
	}
	var all []payout.ControlProposal
	for _, i := range items {
		r := newReader(i)
		change := r.child(attrChange).controls()
		all = append(all, payout.ControlProposal{
			Change: payout.ControlChange{Submissions: change.Submissions, Caps: change.Caps, Callbacks: change.Callbacks},
			Reason: r.text(attrReason), By: payout.Principal(r.text(attrBy)), Person: payout.Person(r.text(attrPerson)),
			Identity: payout.Principal(r.text(attrIdentity)), At: r.moment(attrAt), Version: int(r.number(attrVersion)),
		})
		if err := r.failure(); err != nil {
			return nil, fmt.Errorf("dynamo: list the proposals for the controls: %w", err)
		}
	}
	return all, nil
}

// asControls writes a change with the members that controls have. The two have the same members,
// so one pair of functions writes and reads both.
func asControls(c payout.ControlChange) payout.Controls {
	return payout.Controls{Submissions: c.Submissions, Caps: c.Caps, Callbacks: c.Callbacks}
}

// encodeControls is used for what is in force and for a change of it. A cap is therefore written
// even when it is zero: absent means "not named", zero means "the cap goes".
func encodeControls(c payout.Controls) item {
	i := item{attrVersion: count(c.Version)}
	gates := map[string]string{}
	for scope, gate := range c.Submissions {
		gates[string(scope)] = string(gate)
	}
	i.put(attrSubmissions, texts(gates))
	caps := item{}
	for of, most := range c.Caps {
		caps[string(of)] = count(most.Minor()) // zero: a change that takes the cap away
	}
	if len(caps) > 0 {
		i.put(attrCaps, nested(caps))
	}
	i.put(attrCallbacks, text(string(c.Callbacks)))
	i.put(attrReleasedAt, moment(c.ReleasedAt))
	if c.Released > 0 {
		i.put(attrReleased, count(c.Released))
	}
	return i
}

// controls reads them back; a nil reader is the controls of a table in which nothing was ordered.
func (r *reader) controls() payout.Controls {
	c := payout.Controls{
		Version: int(r.number(attrVersion)), Callbacks: payout.Belief(r.text(attrCallbacks)), ReleasedAt: r.moment(attrReleasedAt),
		Released: int(r.number(attrReleased)),
	}
	for scope, gate := range r.texts(attrSubmissions) {
		if c.Submissions == nil {
			c.Submissions = map[payout.Scope]payout.Gate{}
		}
		c.Submissions[payout.Scope(scope)] = payout.Gate(gate)
	}
	caps := r.child(attrCaps)
	if caps == nil {
		return c
	}
	c.Caps = map[money.Currency]money.Amount{}
	for of := range caps.of {
		c.Caps[money.Currency(of)] = caps.cap(of)
	}
	return c
}

// cap reads an amount by its currency; zero is no cap.
func (r *reader) cap(of string) money.Amount {
	minor := r.number(of)
	if minor == 0 {
		return money.Amount{}
	}
	most, err := money.New(minor, money.Currency(of))
	if err != nil {
		r.fail(of, err)
	}
	return most
}
