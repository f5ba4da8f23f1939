package payout

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"
)

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
	Publish(ctx context.Context, n News, since time.Time) error
	// ReadFeed lists up to limit entries of every shard behind a position, each
	// shard in its order, with the payouts they are about. A limit up to LongestPage+1 is
	// honoured in every shard: the one more tells whether a page is the last. It returns
	// ErrRewound if the list ends before the position.
	ReadFeed(ctx context.Context, after Position, limit int) ([]Published, error)
}

// LongestPage is the most entries that a caller gets at once, of any list.
const LongestPage = 100

// News is a run of events of one payout.
type News struct {
	ID       ID
	From, To int // sequences of events, both included
	At       time.Time
}

// Published is an entry of the feed.
type Published struct {
	News
	Number int64
	Payout Payout // as it stands now
}

// Events are the events of the entry.
func (p Published) Events() []Event {
	all := p.Payout.Events()
	if p.To > len(all) || p.From < 1 || p.From > p.To {
		return nil
	}
	return all[p.From-1 : p.To]
}

// Position is a place in the feed: the number of the last entry seen, per shard.
type Position [Shards]int64

// positionText is a position as callers hold it.
type positionText struct {
	Version int           `json:"v"`
	List    string        `json:"list"`
	Seen    [Shards]int64 `json:"seen"`
}

const positionVersion = 1

// String is the cursor of the position. Callers hand it back and read nothing
// into it.
func (p Position) String() string {
	raw, err := json.Marshal(positionText{Version: positionVersion, List: "events", Seen: p})
	if err != nil {
		return "" // numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// ParsePosition reads a cursor; the empty one is the beginning. It returns
// ErrCursor for everything that String did not write.
func ParsePosition(text string) (Position, error) {
	if text == "" {
		return Position{}, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return Position{}, ErrCursor
	}
	var t positionText
	if err := json.Unmarshal(raw, &t); err != nil || Position(t.Seen).String() != text {
		return Position{}, ErrCursor
	}
	for _, n := range t.Seen {
		if n < 0 {
			return Position{}, ErrCursor
		}
	}
	return t.Seen, nil
}
