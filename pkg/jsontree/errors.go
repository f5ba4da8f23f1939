package jsontree

import (
	"fmt"
	"strconv"
	"strings"
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

// maxPointer clips what is repeated of a sender's member names.
const maxPointer = 80

// SyntaxError is the only error of [Parse]. Its text holds the reason and the
// place, never a value from the body: bodies carry names and account numbers,
// and errors end up in logs.
type SyntaxError struct {
	Reason Reason
	// Pointer is an RFC 6901 JSON pointer to the place, clipped; empty at the root
	// or when the place is not known.
	Pointer string
}

func (e *SyntaxError) Error() string {
	if e.Pointer == "" {
		return "jsontree: " + string(e.Reason)
	}
	// Quoted, because a member name may hold line breaks meant to forge log lines.
	return fmt.Sprintf("jsontree: %s at %s", e.Reason, strconv.QuoteToASCII(e.Pointer))
}

func refuse(reason Reason, pointer string) *SyntaxError {
	if len(pointer) > maxPointer {
		pointer = strings.ToValidUTF8(pointer[:maxPointer], "") + "..."
	}
	return &SyntaxError{Reason: reason, Pointer: pointer}
}
