package payout

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

// LongestPage is the most entries that a caller gets at once, of any list.
const LongestPage = 100

// FeedEntry is a run of events of one payout.
type FeedEntry struct {
	ID       ID
	From, To int // sequences of events, both included
	At       time.Time
}

// Published is an entry of the feed.
type Published struct {
	FeedEntry
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
