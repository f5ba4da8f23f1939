package main

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
)

// front stands in for API Gateway: it turns an HTTP request into the event that
// the gateway would send (payload format 2.0) and hands it to a function's
// handler, so that what runs here is what runs on Lambda. It leaves out what no handler reads, and
// nothing else.
type front struct {
	handler edge.Handler
	caller  string // the ARN that a signed request would come from
	count   *atomic.Int64
}

// personHeader names who asks, in place of the signature that the real gateway
// checks: some orders take two people, and both may sit at this machine. The register
// holds dara and bopha; every other name is a stranger's. There is no such header on AWS: the
// handlers do not know it.
const personHeader = "X-Local-Person"

// personName keeps an ARN an ARN: a name with a slash or a colon would name another kind of
// principal.
var personName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// gatewayLimit is the most that the gateway takes of a request (6 MB on Lambda);
// the handlers' own limit is far below.
const gatewayLimit = 6 << 20

// ServeHTTP implements http.Handler. Its own refusals are plain texts, as those of the gateway are
// no problem documents of ours either.
func (f front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, gatewayLimit))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "request cut off", http.StatusBadRequest)
		return
	}
	// An error is a failed invocation, of which the gateway tells no more than this.
	reply, err := f.handler(r.Context(), f.event(r, raw))
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	for name, value := range reply.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(reply.StatusCode)
	_, _ = io.WriteString(w, reply.Body) // the caller is gone; nothing is lost by it
}

// event builds the gateway's event. Bodies that are not text come in base64, as
// the gateway sends them. Repeated headers are joined with commas, as payload format 2.0 has it.
// Without a caller there is no authorizer, as on the function URLs that take callbacks.
func (f front) event(r *http.Request, raw []byte) edge.Event {
	e := edge.Event{
		Version: "2.0", RouteKey: "$default",
		RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Headers: map[string]string{}, Body: string(raw),
	}
	for name, values := range r.Header {
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	if !utf8.Valid(raw) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(raw), true
	}
	now := time.Now().UTC()
	e.RequestContext = events.APIGatewayV2HTTPRequestContext{
		RouteKey: "$default", Stage: "$default", DomainName: r.Host,
		RequestID: "local-" + strconv.FormatInt(f.count.Add(1), 10),
		Time:      now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
			Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, UserAgent: r.UserAgent(),
		},
	}
	if caller := f.caller; caller != "" {
		if name := r.Header.Get(personHeader); personName.MatchString(name) {
			caller = localUsers + name
		}
		e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: caller},
		}
	}
	return e
}
