package jsontree

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Reason says why a text was refused. The list is closed, so that callers may
// count, translate or test by it.
type Reason string

// The reasons.
const (
	TooLarge        Reason = "larger than the limit"
	TooDeep         Reason = "nested deeper than the limit"
	TooManyValues   Reason = "more values than the limit"
	DuplicateMember Reason = "duplicate member name"
	InvalidUTF8     Reason = "invalid UTF-8 or a lone surrogate"
	TrailingData    Reason = "data after the end of the value"
	Malformed       Reason = "malformed JSON"
)

// SyntaxError is the only error of [Parse]. Its text holds the rule that was broken
// and the place, and nothing of the body, member names included: bodies carry names
// and account numbers, and errors end up in logs and answers.
type SyntaxError struct {
	Reason Reason
	// Line and Column are where the fault begins, from 1; columns count characters.
	Line, Column int
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// refuse puts a reason and a byte offset into an error.
func refuse(reason Reason, body []byte, offset int) *SyntaxError {
	before := body[:min(max(offset, 0), len(body))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Reason: reason, Line: bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[start:]) + 1,
	}
}
