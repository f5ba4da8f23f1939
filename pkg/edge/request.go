package edge

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Event is a request of an HTTP API or a function URL; both use payload format
// 2.0 and the same member names. So one handler serves both, and the local run can make the same
// events.
type Event = events.APIGatewayV2HTTPRequest

// Reply is the answer to an Event.
type Reply = events.APIGatewayV2HTTPResponse

// Handler answers one event. It returns an error only where the platform itself
// should see a failed invocation; faults of a request are problems in the reply. An error would be
// a bare 500 of the platform without outcome or request id, and would count against the version
// that runs.
type Handler = func(ctx context.Context, e Event) (Reply, error)

// BodyLimit is the most bytes that a JSON body may have, after base64 decoding. It is far above any
// create request and below what would make refusing dear (decision 0021).
const BodyLimit = 64 << 10

var (
	errTooLarge = errors.New("body is too large")
	errBase64   = errors.New("body is not valid base64")
)

// body returns the request's bytes exactly as they were sent. Signatures are
// verified over them, so nothing is trimmed or repaired.
func body(e Event, limit int) ([]byte, error) {
	if !e.IsBase64Encoded {
		if len(e.Body) > limit {
			return nil, errTooLarge
		}
		return []byte(e.Body), nil
	}
	// Before decoding: a body of 6 MB must not cost its decoding to be refused.
	if len(e.Body) > base64.StdEncoding.EncodedLen(limit) {
		return nil, errTooLarge
	}
	// Strict refuses padding bits that are not zero: what was meant by them nobody knows.
	decoded, err := base64.StdEncoding.Strict().DecodeString(e.Body)
	if err != nil {
		return nil, errBase64
	}
	if len(decoded) > limit {
		return nil, errTooLarge
	}
	return decoded, nil
}

// header returns a header's value. The gateway sends names in lower case; tools
// and tests do not always. The gateway joins repeated headers with commas; a reference has no
// comma, so that two keys are refused by its format.
func header(e Event, name string) (string, bool) {
	if value, ok := e.Headers[name]; ok {
		return value, true
	}
	for key, value := range e.Headers {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return "", false
}

// method returns the request's method in upper case.
func method(e Event) string { return strings.ToUpper(e.RequestContext.HTTP.Method) }

// path returns the request's path without the name of a stage that is not the
// default one, which the gateway puts in front. The template deploys $default. A stage with a name
// comes from whoever puts another API in front.
func path(e Event) string {
	stage := e.RequestContext.Stage
	if stage == "" || stage == "$default" {
		return e.RawPath
	}
	if rest, found := strings.CutPrefix(e.RawPath, "/"+stage+"/"); found {
		return "/" + rest
	}
	return e.RawPath
}

// arrived is when the gateway took the request, as the event has it. The gateway's clock
// orders the requests of one caller, however long each waited for its function.
func arrived(e Event) time.Time { return time.UnixMilli(e.RequestContext.TimeEpoch).UTC() }

// query returns the query parameters. One that is given twice is an error, since
// it is not clear which was meant. The raw query string comes first: the gateway's map joins
// repeated parameters with commas, and two values would look like one.
func query(e Event) (map[string]string, error) {
	if e.RawQueryString == "" {
		return e.QueryStringParameters, nil
	}
	values, err := url.ParseQuery(e.RawQueryString)
	if err != nil {
		return nil, errors.New("the query string is not valid")
	}
	parameters := map[string]string{}
	for name, given := range values {
		if len(given) > 1 {
			return nil, errors.New("a query parameter is given twice")
		}
		parameters[name] = given[0]
	}
	return parameters, nil
}

// requestID is the gateway's id of the request, or that of the invocation. It is empty for a
// hand-written event in a test, and is never used for a decision.
func requestID(ctx context.Context, e Event) string {
	if id := e.RequestContext.RequestID; id != "" {
		return id
	}
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		return lc.AwsRequestID
	}
	return ""
}
