package dynamo

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is one item, or one map inside an item.
type item map[string]types.AttributeValue

// put leaves empty values out: in DynamoDB every stored byte is paid for on every
// write, and an absent attribute keeps a sparse index sparse.
func (i item) put(name string, v types.AttributeValue) {
	if v != nil {
		i[name] = v
	}
}

// text is nil for the empty text. An empty field is an absent attribute everywhere:
// [condition.equal] asks for absence where the domain's value is empty, so an empty text that was
// stored would refuse such a write for ever.
func text(s string) types.AttributeValue {
	if s == "" {
		return nil
	}
	return &types.AttributeValueMemberS{Value: s}
}

// number is nil for zero. The reader gives zero back for an absent one, and [update.raise] begins
// at zero.
func number[N int | int64](n N) types.AttributeValue {
	if n == 0 {
		return nil
	}
	return count(n)
}

// count is a number that is written even when it is zero. It is for what a reader requires, and
// for a zero that means something of its own, as in a change of the controls that takes a cap
// away.
func count[N int | int64](n N) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

// moment is nil for the zero time.
func moment(t time.Time) types.AttributeValue {
	if t.IsZero() {
		return nil
	}
	return text(stamp(t))
}

// epoch is a time as DynamoDB's time to live wants it, in seconds; nil for the zero time. In
// milliseconds, a time would lie thousands of years ahead, and nothing would ever expire.
func epoch(t time.Time) types.AttributeValue {
	if t.IsZero() {
		return nil
	}
	return count(t.Unix())
}

// blob is nil for no bytes.
func blob(b []byte) types.AttributeValue {
	if len(b) == 0 {
		return nil
	}
	return &types.AttributeValueMemberB{Value: b}
}

// flag is nil for false. The stream's filter in the template looks for true alone, and guards
// compare with absence.
func flag(b bool) types.AttributeValue {
	if !b {
		return nil
	}
	return &types.AttributeValueMemberBOOL{Value: true}
}

// nested is nil for the empty map. An empty map must not be written: the guard of a write without
// a look asks that attention is absent, and because of an empty one, every later callback would
// have to read first.
func nested(i item) types.AttributeValue {
	if len(i) == 0 {
		return nil
	}
	return &types.AttributeValueMemberM{Value: i}
}

// texts is a map of texts. An empty text stays in: leaving it out would drop a
// name that the merchant gave.
func texts(pairs map[string]string) types.AttributeValue {
	all := item{}
	for name, value := range pairs {
		all[name] = &types.AttributeValueMemberS{Value: value}
	}
	return nested(all)
}

// numbers is a list of numbers, nil for none. A list and no set, as in words: what is owed to the
// merchant is sent in order.
func numbers(list []int) types.AttributeValue {
	if len(list) == 0 {
		return nil
	}
	all := &types.AttributeValueMemberL{}
	for _, n := range list {
		all.Value = append(all.Value, count(n))
	}
	return all
}

// set is a set of words of ours, nil for none. DynamoDB has no empty set. A set is what
// [update.grow] can add to without a reading; it keeps no order, so the reader sorts.
func set[W ~string](list []W) types.AttributeValue {
	if len(list) == 0 {
		return nil
	}
	all := &types.AttributeValueMemberSS{}
	for _, w := range list {
		all.Value = append(all.Value, string(w))
	}
	return all
}

// words is a list of words of ours, nil for none. A list and no set, because the order in which
// they were written is kept.
func words[W ~string](list []W) types.AttributeValue {
	if len(list) == 0 {
		return nil
	}
	all := &types.AttributeValueMemberL{}
	for _, w := range list {
		all.Value = append(all.Value, &types.AttributeValueMemberS{Value: string(w)})
	}
	return all
}
