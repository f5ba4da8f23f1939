package edge

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// countWithin bounds what counting may add to an invocation when the table is slow. Nothing that
// fails in the count makes events late, and the count is approximate anyway (decision 0025).
const countWithin = 10 * time.Second

// count has the submissions of a batch counted, and closes the channel when that is done. An error
// is logged and goes no further: the records would come again, and with them submissions that were
// counted.
func (n Notify) count(ctx context.Context, batch events.DynamoDBEvent) <-chan struct{} {
	done := make(chan struct{})
	sums := submitted(batch)
	if n.Outflow == nil || len(sums) == 0 {
		close(done)
		return done
	}
	go func() {
		defer close(done)
		limited, cancel := context.WithTimeout(ctx, countWithin)
		defer cancel()
		held, err := n.Outflow.Count(limited, sums)
		for _, h := range held {
			n.Log.LogAttrs(ctx, slog.LevelWarn, "outflow brake holds", slog.String("provider", string(h.Provider)),
				slog.String("currency", string(h.Currency)), slog.Int("version", h.Entry.Version), slog.String("detail", h.Entry.Reason))
		}
		if err != nil {
			n.Log.LogAttrs(ctx, slog.LevelError, "submissions not counted", slog.Any("error", err))
		}
	}()
	return done
}

// submitted sums the submissions of a batch. Sums are made first, so that a batch of fifty
// submissions costs one write for each provider and currency, not fifty.
func submitted(batch events.DynamoDBEvent) payout.OutflowSums {
	sums := payout.OutflowSums{}
	for _, record := range batch.Records {
		if p, amount, entered := submission(record); entered {
			sums.Add(p, amount)
		}
	}
	return sums
}

// submission is what a write fenced that brought a payout into the state submitting; false
// for every other write, and for every other item.
//
// A payout comes to this state from another one, so that the old image tells a fence from a
// later note about the same one. A stream without old images would count the notes, too. Nobody
// knows yet whether the request leaves: one that does not was counted all the same. What cannot be
// read is not counted: it may be an item of a later version, and this brake must not stop the
// stream.
func submission(record events.DynamoDBEventRecord) (payout.Provider, money.Amount, bool) {
	now, before := record.Change.NewImage, record.Change.OldImage
	if word(now, "sk") != "payout" || !isSubmitting(now) || isSubmitting(before) {
		return "", money.Amount{}, false
	}
	p := payout.Provider(word(now, "provider"))
	minor, err := strconv.ParseInt(digits(now, "amount"), 10, 64)
	if err != nil || !payout.Known(p) {
		return "", money.Amount{}, false
	}
	amount, err := money.New(minor, money.Currency(word(now, "currency")))
	return p, amount, err == nil
}

// onlyCounted reports whether a record comes because it may be a submission, and is no news:
// the notes of the telling itself, for example. Without this each submission would be read from the
// table once more for nothing.
func onlyCounted(record events.DynamoDBEventRecord) bool {
	news, there := record.Change.NewImage["news"]
	fresh := there && news.DataType() == events.DataTypeBoolean && news.Boolean()
	return isSubmitting(record.Change.NewImage) && !fresh
}

// image is an item as the stream shows it, before or after a write; nil if there was none. The
// names in it are those of pkg/dynamo, and a test holds them to an item that was really written.
type image = map[string]events.DynamoDBAttributeValue

func isSubmitting(i image) bool { return payout.Status(word(i, "status")) == payout.Submitting }

// word is a text of an image; empty if there is none.
func word(i image, name string) string {
	if v, there := i[name]; there && v.DataType() == events.DataTypeString {
		return v.String()
	}
	return ""
}

// digits is a number of an image, as it is written; empty if there is none.
func digits(i image, name string) string {
	if v, there := i[name]; there && v.DataType() == events.DataTypeNumber {
		return v.Number()
	}
	return ""
}
