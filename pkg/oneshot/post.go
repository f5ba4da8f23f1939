package oneshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Outcome is what is known about a request. The zero value is [Lost], so that
// whoever forgets to look treats the money as possibly moving.
type Outcome int

// The outcomes.
const (
	// Lost: there was a connection, and no complete answer that could be read. The
	// other side may have acted; only asking can tell.
	Lost Outcome = iota
	// NotSent: it failed before the request had a connection. No byte of it left.
	NotSent
	// Answered: a complete HTTP answer, redirects and server errors included. What
	// it means for the money is for the connector to say.
	Answered
)

func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not sent"
	case Answered:
		return "answered"
	}
	return "lost"
}

// ErrAnswer marks an answer that came but could not be taken in.
var ErrAnswer = errors.New("oneshot: unusable answer")

// Request is one POST. Its address must be on the host that the line was dialled
// to.
type Request struct {
	URL    *url.URL
	Header http.Header // names are sent as they are written here
	Body   []byte
}

// Result is what came of a request. Status, ContentType and Body are set when
// answered; Status also when the answer's body could not be read. Err says why it
// was not.
type Result struct {
	Outcome     Outcome
	Status      int
	ContentType string
	Body        []byte
	Err         error
}

// Post sends the request, waiting for the connection if need be, and uses the
// line up. The context bounds all of it.
func (l *Dialed) Post(ctx context.Context, r Request) Result {
	defer l.Close()
	var connected atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	request, err := l.request(httptrace.WithClientTrace(ctx, trace), r)
	if err != nil {
		return Result{Outcome: NotSent, Err: err}
	}
	conn, err := l.take(ctx)
	if err != nil {
		return Result{Outcome: NotSent, Err: fmt.Errorf("oneshot: no connection: %w", err)}
	}
	// RoundTrip, not Client.Do: a transport does one exchange and knows nothing of
	// redirects.
	answer, err := transport(conn).RoundTrip(request)
	switch {
	case err != nil && !connected.Load():
		return Result{Outcome: NotSent, Err: fmt.Errorf("oneshot: connection not used: %w", err)}
	case err != nil:
		return Result{Outcome: Lost, Err: fmt.Errorf("oneshot: no answer: %w", err)}
	}
	defer answer.Body.Close()
	return l.read(answer)
}

// forbidden headers, in lower case. The idempotency headers make net/http believe
// that a request may be repeated; the provider knows neither. Expect would split
// the request into two steps, and the others are the transport's business.
var forbidden = [...]string{
	"idempotency-key", "x-idempotency-key", "expect",
	"connection", "content-length", "transfer-encoding", "host",
}

func (l *Dialed) request(ctx context.Context, r Request) (*http.Request, error) {
	if r.URL == nil || r.URL.Scheme != l.target.Scheme || r.URL.Host != l.target.Host {
		return nil, ErrTarget
	}
	// The reader is wrapped so that net/http does not recognise it and cannot rewind
	// it; that leaves GetBody nil and the length for us to set.
	body := struct{ io.Reader }{bytes.NewReader(r.Body)}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	request.ContentLength = int64(len(r.Body))
	if len(r.Body) == 0 {
		request.Body = http.NoBody
	}
	for name, values := range r.Header {
		if slices.Contains(forbidden[:], strings.ToLower(name)) {
			return nil, fmt.Errorf("%w: %s", ErrHeader, name)
		}
		request.Header[name] = slices.Clone(values)
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", l.config.UserAgent)
	}
	return request, nil
}

// read takes in the whole body. Half an answer is none: the half that is missing
// may be the one that says "refused".
func (l *Dialed) read(answer *http.Response) Result {
	result := Result{Outcome: Lost, Status: answer.StatusCode, ContentType: answer.Header.Get("Content-Type")}
	body, err := io.ReadAll(io.LimitReader(answer.Body, l.config.MaxAnswer+1))
	switch {
	case err != nil:
		result.Err = fmt.Errorf("%w: %w", ErrAnswer, err)
	case int64(len(body)) > l.config.MaxAnswer:
		result.Err = fmt.Errorf("%w: longer than %d bytes", ErrAnswer, l.config.MaxAnswer)
	default:
		result.Outcome, result.Body = Answered, body
	}
	return result
}
