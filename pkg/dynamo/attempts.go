package dynamo

import (
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"cambodia-payouts/pkg/payout"
)

// What an item keeps by attempt: maps from its number, in digits.

// encodeAnswered is nil for none. The attempts are written in digits. A change writes the whole
// map, under the version: DynamoDB refuses to set one member of a map that is not there yet.
func encodeAnswered(numbers map[payout.Attempt]string) types.AttributeValue {
	i := item{}
	for attempt, number := range numbers {
		i.put(strconv.Itoa(int(attempt)), text(number))
	}
	return nested(i)
}

// encodeInquiries is nil for none. Their members have short names: a payout may have many. An
// inquiry without anything in it is left out: to look it up gives the same.
func encodeInquiries(all map[payout.Attempt]payout.Inquiry) types.AttributeValue {
	i := item{}
	for attempt, inquiry := range all {
		one := item{}
		one.put(attrOpen, flag(inquiry.Open))
		one.put(attrMarked, number(int(inquiry.Marked)))
		one.put(attrCalled, text(string(inquiry.Called)))
		one.put(attrOpenedAt, moment(inquiry.OpenedAt))
		one.put(attrConfirms, flag(inquiry.Confirms))
		one.put(attrTries, number(inquiry.Tries))
		one.put(attrInquiredAt, moment(inquiry.AskedAt))
		one.put(attrInquiryDue, moment(inquiry.Due))
		i.put(strconv.Itoa(int(attempt)), nested(one))
	}
	return nested(i)
}

// answered is nil for none, as in items of earlier releases.
func (r *reader) answered() map[payout.Attempt]string {
	return byAttempt(r, attrAnswered, (*reader).text)
}

// inquiries is nil for none, as in items of earlier releases.
func (r *reader) inquiries() map[payout.Attempt]payout.Inquiry {
	return byAttempt(r, attrInquiries, func(r *reader, name string) payout.Inquiry {
		of := r.child(name)
		if of == nil {
			return payout.Inquiry{}
		}
		return payout.Inquiry{
			Open: of.flag(attrOpen), Marked: of.number(attrMarked), Tries: int(of.number(attrTries)),
			AskedAt: of.moment(attrInquiredAt), Due: of.moment(attrInquiryDue), Called: payout.Reason(of.text(attrCalled)), OpenedAt: of.moment(attrOpenedAt), Confirms: of.flag(attrConfirms),
		}
	})
}

// byAttempt reads a map from attempts, which are written in digits. A name that is no attempt is
// an error: left aside, a doubt or a number would be forgotten, and what was doubted could look
// certain.
func byAttempt[V any](r *reader, attribute string, read func(*reader, string) V) map[payout.Attempt]V {
	of := r.child(attribute)
	if of == nil {
		return nil
	}
	all := map[payout.Attempt]V{}
	for name := range of.of {
		attempt, err := strconv.Atoi(name)
		if err != nil || attempt < int(payout.FirstAttempt) {
			r.fail(attribute, errors.New("is not by attempt"))
		}
		all[payout.Attempt(attempt)] = read(of, name)
	}
	return all
}
