package dynamo_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// DynamoDB deletes whatever has a time to live: it must never be a payout, an orphan or an
// entry of the feed.
func TestOnlyListsReportsTheirProposalsAndBucketsHaveATimeToLive(t *testing.T) {
	ctx, until := context.Background(), at.Add(time.Hour)
	for name, test := range map[string]struct {
		write func(*dynamo.Store) error
		lives bool
	}{
		"a payout": {func(s *dynamo.Store) error { return s.Insert(ctx, finished(t, vexora.Name), payout.Whenever) }, false},
		"an orphan": {func(s *dynamo.Store) error {
			_, err := s.KeepOrphan(ctx, payout.Orphaned{Key: "k", Provider: vexora.Name, ReceivedAt: at, RedactAt: until})
			return err
		}, false},
		"a report":            {func(s *dynamo.Store) error { return s.KeepReport(ctx, "h", []byte("r"), until) }, true},
		"a report for ever":   {func(s *dynamo.Store) error { return s.KeepReport(ctx, "h", []byte("r"), time.Time{}) }, false},
		"a report's proposal": {func(s *dynamo.Store) error { return s.KeepProposal(ctx, "h", payout.StatementProposal{At: at}, until) }, true},
		"a recipient's list": {func(s *dynamo.Store) error {
			_, err := s.NoteUnsettled(ctx, payout.Unsettled{Key: "k", ID: payout.DeriveID("t", "R"), At: at}, payout.MostUnsettled, until, time.Time{})
			return err
		}, true},
		"a bucket of the outflow brake": {func(s *dynamo.Store) error {
			return s.CountOutflow(ctx, payout.OutflowBucket{Provider: vexora.Name, Currency: money.KHR, Start: at, Minor: 1}, until)
		}, true},
		"a change of the controls": {func(s *dynamo.Store) error { return s.ChangeControls(ctx, payout.ControlEntry{Version: 1, At: at}) }, false},
		"a list without one settled": {func(s *dynamo.Store) error {
			return s.ForgetUnsettled(ctx, "k", []payout.Unsettled{{Key: "k", ID: payout.DeriveID("t", "R"), At: at}})
		}, false},
		"a redaction": {func(s *dynamo.Store) error {
			_, err := s.Apply(ctx, payout.Step{ID: payout.DeriveID("t", "R"), Then: payout.Change{At: at, Redaction: &payout.Redaction{At: at}}})
			if err != nil {
				return nil // the recorder answers nothing that could be read
			}
			return err
		}, false},
	} {
		r := &recorder{}
		if err := test.write(dynamo.New(r, "t")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var lives types.AttributeValue
		if r.put != nil {
			lives = r.put.Item["expires_at"]
		}
		if r.update != nil {
			lives = r.update.ExpressionAttributeValues[":new_expires_at"]
		}
		n, there := lives.(*types.AttributeValueMemberN)
		if there != test.lives || there && n.Value != strconv.FormatInt(until.Unix(), 10) {
			t.Errorf("%s: time to live %v", name, lives)
		}
	}
}
