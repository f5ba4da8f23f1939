package dynamo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// Kinds of items that are not payouts.
const (
	kindBoard     = "board"
	kindReport    = "report"
	kindProposal  = "proposal" // of a report: who sent the statement first
	kindRecipient = "recipient"
)

const (
	recipientKeyPrefix = "recipient#"
	reportKeyPrefix    = "report#"
	pausePrefix        = "pause_" // and the provider's name: one attribute each

	// attrExpiresAt is the table's time to live: DynamoDB deletes the item some time after
	// it. No payout and no orphan has it.
	attrExpiresAt = "expires_at"

	// Attributes of the shared state, of a recipient's list, a report and a pause.
	attrUnsettledUntil = "unsettled_until"
	attrRestoredAt     = "restored_at" // of the shared state: the latest restore that the table was told of
	attrPayoutID       = "payout_id"
	attrPayouts        = "payouts" // of a recipient: "ID@TIME" or "ID@TIME#TOKEN" each
	attrReport         = "report"
	attrWhy            = "why"
	attrSince          = "since"
	attrUntil          = "until"
	attrBrought        = "brought" // of a pause: whose payouts brought it, "TIME CALLER" each
	attrWell           = "well"    // of a pause of one caller: when another one's went well
)

// itemKey is the key of an item that is no payout; the sort key says its kind.
func itemKey(pk, kind string) item { return item{attrPK: text(pk), attrSK: text(kind)} }

// pauses reads the pauses of the shared state. It asks for each provider by name, so a pause of
// one that this version does not know is left aside: it submits nothing there.
func (r *reader) pauses() map[payout.Provider]payout.Pause {
	all := map[payout.Provider]payout.Pause{}
	for _, p := range payout.Pausable() {
		if pause := r.child(pausePrefix + string(p)); pause != nil {
			var brought []payout.Bringer
			for _, each := range pause.set(attrBrought) { // in the order of their times
				at, by, _ := strings.Cut(each, " ")
				brought = append(brought, payout.Bringer{By: payout.Principal(by), At: pause.parsed(attrBrought, at)})
			}
			all[p] = payout.Pause{
				Provider: p, Why: pause.text(attrWhy), By: payout.Principal(pause.text(attrCreatedBy)),
				Since: pause.moment(attrSince), Until: pause.moment(attrUntil), Well: pause.moment(attrWell), Brought: brought,
			}
		}
	}
	return all
}

// fetch reads an item; an absent one is read as empty. The read is consistent: whoever was told
// that something was kept finds it.
func (s *Store) fetch(ctx context.Context, key item) (*reader, error) {
	out, err := s.api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.table), Key: key, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return newReader(out.Item), nil
}

// SavePause implements payout.Coordination. The last one to write wins, without a condition:
// whatever pause is seen, it is one that somebody had a reason for, and it ends by itself. A
// caller's time stands before his name, so that the sorted set is in the order in which they may
// try the provider.
func (s *Store) SavePause(ctx context.Context, p payout.Pause) error {
	i := item{}
	i.put(attrWhy, text(p.Why))
	i.put(attrCreatedBy, text(string(p.By)))
	i.put(attrSince, moment(p.Since))
	i.put(attrUntil, moment(p.Until))
	i.put(attrWell, moment(p.Well))
	var brought []string
	for _, each := range p.Brought {
		brought = append(brought, stamp(each.At)+" "+string(each.By))
	}
	i.put(attrBrought, set(brought))
	return s.set(ctx, pausePrefix+string(p.Provider), nested(i))
}

// set puts one attribute of the shared state. It names that attribute alone, because several
// functions write here at once: a put of the whole item would take away the others' pauses and
// the restore.
func (s *Store) set(ctx context.Context, name string, v types.AttributeValue) error {
	u := &update{expression: newExpression()}
	u.set(attrSchema, count(SchemaVersion))
	u.set(name, v)
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: itemKey(kindBoard, kindBoard), UpdateExpression: pointer(u),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	if err != nil {
		return unclear("save in the shared state", err)
	}
	return nil
}

// RememberRestore implements payout.Coordination. It writes only what is new, so that every start may
// call it, and one attribute of the shared state, so that no other write of it takes that away.
// The time is only ever raised (decision 0009): a function that still has an older RESTORED_AT
// must not release what a later restore holds.
func (s *Store) RememberRestore(ctx context.Context, at time.Time) error {
	u := &update{expression: newExpression()}
	u.set(attrSchema, count(SchemaVersion))
	u.set(attrRestoredAt, moment(at))
	when := &condition{expression: u.expression}
	when.add("(attribute_not_exists(%s) OR %s < %s)", when.name(attrRestoredAt), when.name(attrRestoredAt), when.value("told", moment(at)))
	_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(s.table), Key: itemKey(kindBoard, kindBoard), UpdateExpression: pointer(u), ConditionExpression: pointer(when),
		ExpressionAttributeNames: u.names, ExpressionAttributeValues: u.values,
	})
	if _, known := refused(err); err == nil || known {
		return nil
	}
	return unclear("remember the restore", err)
}

// KeepReport implements payout.Archive; a report that is there already stays.
func (s *Store) KeepReport(ctx context.Context, hash string, report []byte, until time.Time) error {
	i := itemKey(reportKeyPrefix+hash, kindReport)
	i.put(attrSchema, count(SchemaVersion))
	// A report that is longer than can be read back is refused, since nothing else stands for it.
	packed := pack(report)
	if packed == nil {
		return fmt.Errorf("dynamo: keep a report of %d bytes: %w", len(report), errEvidenceSize)
	}
	i.put(attrReport, blob(packed))
	i.put(attrExpiresAt, epoch(until))
	_, err := s.api.PutItem(ctx, s.putIfAbsent(i))
	if _, there := refused(err); there || err == nil {
		return nil
	}
	return unclear("keep a report", err)
}

// FindReport implements payout.Archive.
func (s *Store) FindReport(ctx context.Context, hash string) ([]byte, error) {
	r, err := s.fetch(ctx, itemKey(reportKeyPrefix+hash, kindReport))
	if err != nil {
		return nil, fmt.Errorf("dynamo: find a report: %w", err)
	}
	if !r.has(attrReport) {
		return nil, payout.ErrNotFound
	}
	report, err := unpack(r.blob(attrReport))
	if err != nil {
		return nil, fmt.Errorf("dynamo: find a report: %w", err)
	}
	return report, nil
}

// KeepProposal implements payout.Archive.
func (s *Store) KeepProposal(ctx context.Context, hash string, p payout.StatementProposal, until time.Time) error {
	i := itemKey(reportKeyPrefix+hash, kindProposal)
	i.put(attrSchema, count(SchemaVersion))
	i.put(attrPerson, text(string(p.Person)))
	i.put(attrIdentity, text(string(p.Identity)))
	i.put(attrBy, text(string(p.By)))
	i.put(attrAt, moment(p.At))
	i.put(attrExpiresAt, epoch(until))
	if _, err := s.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.table), Item: i}); err != nil {
		return unclear("keep who sent a statement first", err)
	}
	return nil
}

// FindProposal implements payout.Archive.
func (s *Store) FindProposal(ctx context.Context, hash string) (payout.StatementProposal, error) {
	r, err := s.fetch(ctx, itemKey(reportKeyPrefix+hash, kindProposal))
	if err != nil {
		return payout.StatementProposal{}, fmt.Errorf("dynamo: find who sent a statement first: %w", err)
	}
	if !r.has(attrPerson) {
		return payout.StatementProposal{}, payout.ErrNotFound
	}
	p := payout.StatementProposal{
		Person: payout.Person(r.text(attrPerson)), Identity: payout.Principal(r.text(attrIdentity)),
		By: payout.Principal(r.text(attrBy)), At: r.moment(attrAt),
	}
	return p, r.failure()
}
