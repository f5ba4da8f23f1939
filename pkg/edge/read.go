package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/payout"
)

// Library is what the reading routes read from; every payout.Store is one. A read by id is
// consistent. Lists go over indexes of DynamoDB, which show a write a moment later.
type Library interface {
	Get(ctx context.Context, id payout.ID) (payout.Payout, error)
	payout.Lister
	ReadFeed(ctx context.Context, after payout.Position, limit int) ([]payout.Published, error)
	// Shared tells when the table was restored.
	Shared(ctx context.Context) (payout.Shared, error)
}

// Reader serves the reading routes. It writes nothing, and its function has no right to write
// (template.yaml).
type Reader struct {
	Library   Library
	Namespace payout.Namespace
	Banks     bank.Directory
	// RestoredAt is when the table was restored from a backup; zero if it was not, or if people
	// have accounted for it and the table alone remembers.
	RestoredAt time.Time
	Now        func() time.Time
	Log        *slog.Logger
	// Revision names what is deployed, Schema the version of the items that it writes.
	Revision string
	Schema   int
}

// page sizes of every list.
const (
	defaultLimit = 25
	mostLimit    = payout.LongestPage
)

// NewRead serves GET /v1/payouts, /v1/payouts/{id}, /v1/orphans,
// /v1/events, /v1/banks and /v1/version. Whatever it reads goes through restored: after a restore
// no reader may see that a failure is safe to pay again.
func NewRead(r Reader) Handler {
	r.Library = &restored{Library: r.Library, at: r.RestoredAt}
	return func(ctx context.Context, e Event) (Reply, error) {
		if method(e) != http.MethodGet {
			return problem(http.StatusMethodNotAllowed, MethodNotAllowed, "this route takes GET").reply(ctx, e), nil
		}
		parameters, err := query(e)
		if err != nil {
			return problem(http.StatusBadRequest, InvalidQuery, err.Error()).reply(ctx, e), nil
		}
		answer, err := r.route(ctx, path(e), parameters)
		if err != nil {
			return r.problemOf(ctx, e, err).reply(ctx, e), nil
		}
		return jsonReply(http.StatusOK, answer), nil
	}
}

// route answers one path. A route that knows no parameters refuses all of them, like the others.
func (r Reader) route(ctx context.Context, path string, parameters map[string]string) (any, error) {
	switch path {
	case "/v1/payouts":
		return r.list(ctx, parameters)
	case "/v1/orphans":
		return r.orphans(ctx, parameters)
	case "/v1/events":
		return r.events(ctx, parameters)
	case "/v1/banks":
		return r.banks(), only(parameters)
	case "/v1/version":
		return versionView{r.Revision, r.Schema}, only(parameters)
	}
	text, isOne := strings.CutPrefix(path, "/v1/payouts/")
	id, wellFormed := payout.ParseID(text)
	switch {
	case isOne && !wellFormed && !strings.Contains(text, "/"):
		return nil, errNoPayoutID
	case !isOne || !wellFormed:
		return nil, payout.ErrNotFound
	}
	if err := only(parameters); err != nil {
		return nil, err
	}
	p, err := r.Library.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return viewWithHistory(p), nil
}

// noPayoutID answers a path that names something else where a payout's id belongs, such as the
// merchant's reference.
const noPayoutID = "this is no payout id: po_ and 26 of the characters a-z and 2-7; GET /v1/payouts?reference=R finds a payout by yours"

// errNoPayoutID is told from ErrNotFound so that a merchant who pastes his reference into the path
// does not read "not found" as "not paid".
var errNoPayoutID = errors.New("edge: no payout id")

// badQuery is an error whose text is ours and may be shown. Every other error of a read may quote
// AWS or the file, and stays in the log.
type badQuery string

func (b badQuery) Error() string { return string(b) }

// only refuses parameters that a route does not know: one that is misspelt would
// otherwise quietly list something else.
func only(parameters map[string]string, known ...string) error {
	for name := range parameters {
		if !slices.Contains(known, name) {
			return badQuery("this route takes these query parameters only: " + strings.Join(known, ", "))
		}
	}
	return nil
}

// problemOf says what a caller can do about an error. What he can do nothing about is a 503, logged
// once, here.
func (r Reader) problemOf(ctx context.Context, e Event, err error) Problem {
	var bad badQuery
	switch {
	case errors.As(err, &bad):
		return problem(http.StatusBadRequest, InvalidQuery, string(bad))
	case errors.Is(err, payout.ErrCursor):
		return problem(http.StatusBadRequest, InvalidQuery, "cursor is not one that this list gave out")
	case errors.Is(err, payout.ErrRewound):
		return problem(http.StatusConflict, FeedRewound,
			"the table was restored from a backup, and the feed ends before this cursor; read it again from an earlier one, or from the beginning")
	case errors.Is(err, errNoPayoutID):
		return problem(http.StatusNotFound, NotFound, noPayoutID)
	case errors.Is(err, payout.ErrNotFound):
		return problem(http.StatusNotFound, NotFound, "there is nothing at this path")
	}
	r.Log.LogAttrs(ctx, slog.LevelError, "read failed",
		slog.String("request_id", requestID(ctx, e)), slog.Any("error", err))
	return problem(http.StatusServiceUnavailable, ServiceUnavailable, "the table cannot be read now")
}

// payoutList is a page of payouts. It may be short or empty while a cursor remains: only an absent
// cursor means the end.
type payoutList struct {
	Payouts    []payoutView `json:"payouts"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

// list answers GET /v1/payouts in its three forms. The forms exclude each other: a status beside a
// reference, for example, would hide a payout that is there.
func (r Reader) list(ctx context.Context, parameters map[string]string) (any, error) {
	if text, byReference := parameters["reference"]; byReference {
		return r.byReference(ctx, text, parameters)
	}
	known := []string{"day", "attention", "status", "provider", "limit", "cursor"}
	if err := only(parameters, append(known, "reference")...); err != nil {
		return nil, err
	}
	q, err := pageQuery(parameters)
	if err != nil {
		return nil, err
	}
	if _, wanted := parameters["attention"]; wanted {
		return r.attention(ctx, parameters, q)
	}
	day, err := r.day(parameters)
	if err != nil {
		return nil, err
	}
	return r.viewPage(r.Library.ListDay(ctx, day, q))
}

// byReference is one consistent read, since the id is derived from the reference (decision 0001).
// An empty list is therefore certain: at this moment there is no such payout. It does not say that
// none is on its way.
func (r Reader) byReference(ctx context.Context, text string, parameters map[string]string) (any, error) {
	if err := only(parameters, "reference"); err != nil {
		return nil, err
	}
	reference, ok := payout.ParseReference(text)
	if !ok {
		return nil, badQuery("reference must be 1 to 64 letters, digits and . _ : -")
	}
	p, err := r.Library.Get(ctx, payout.DeriveID(r.Namespace, reference))
	switch {
	case errors.Is(err, payout.ErrNotFound):
		return payoutList{Payouts: []payoutView{}}, nil
	case err != nil:
		return nil, err
	}
	return payoutList{Payouts: []payoutView{view(p)}}, nil
}

// attention lists the review queue. What is about money is an index part of its own, so that ten
// thousand payouts that waited too long do not hide one double payment (decision 0028).
func (r Reader) attention(ctx context.Context, parameters map[string]string, q payout.PageQuery) (any, error) {
	switch parameters["attention"] {
	case "true":
	case "money": // a night's status query: what of all that waits is about money?
		q.Among = payout.GraveAlone
	default:
		return nil, badQuery("attention takes the value true or money only")
	}
	if _, both := parameters["day"]; both {
		return nil, badQuery("day and attention cannot be asked together")
	}
	return r.viewPage(r.Library.ListAttention(ctx, q))
}

// day is the creation day to list: a real UTC day, today if it is left out. Days are UTC for every
// caller: a day of Phnom Penh is parts of two.
func (r Reader) day(parameters map[string]string) (string, error) {
	day, given := parameters["day"]
	if !given {
		return r.Now().UTC().Format(time.DateOnly), nil
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return "", badQuery("day must be a day in the form 2026-05-16")
	}
	return day, nil
}

// pageQuery reads what every list takes. An unknown status or provider is refused: it would list
// nothing, which reads as "there is nothing".
func pageQuery(parameters map[string]string) (payout.PageQuery, error) {
	q := payout.PageQuery{
		Status:   payout.Status(parameters["status"]),
		Provider: payout.Provider(parameters["provider"]),
		Limit:    defaultLimit,
		Cursor:   parameters["cursor"],
	}
	if q.Status != "" && !slices.Contains(payout.Statuses, q.Status) {
		return q, badQuery("status is not one of the states of a payout")
	}
	if q.Provider != "" && !payout.Known(q.Provider) {
		return q, badQuery("provider must be " + payout.AProvider())
	}
	if text, given := parameters["limit"]; given {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > mostLimit {
			return q, badQuery("limit must be a number from 1 to 100")
		}
		q.Limit = limit
	}
	return q, nil
}

// viewPage shows a page of payouts without their histories; GET /v1/payouts/{id} has one.
func (r Reader) viewPage(page payout.Page, err error) (any, error) {
	list := payoutList{Payouts: []payoutView{}, NextCursor: page.Next}
	for _, p := range page.Payouts {
		list.Payouts = append(list.Payouts, view(p))
	}
	return list, err
}

// orphanList is a page of verified callbacks about payouts that this table does not hold.
type orphanList struct {
	Orphans    []orphanView `json:"orphans"`
	NextCursor string       `json:"next_cursor,omitempty"`
}

func (r Reader) orphans(ctx context.Context, parameters map[string]string) (any, error) {
	if err := only(parameters, "limit", "cursor"); err != nil {
		return nil, err
	}
	q, err := pageQuery(parameters)
	if err != nil {
		return nil, err
	}
	page, err := r.Library.ListOrphans(ctx, q)
	list := orphanList{Orphans: []orphanView{}, NextCursor: page.Next}
	for _, o := range page.Orphans {
		list.Orphans = append(list.Orphans, viewOrphan(o))
	}
	return list, err
}

// versionView tells which deployment answers. The route is authorised like the others.
type versionView struct {
	Revision string `json:"revision"`
	Schema   int    `json:"schema"`
}

type bankList struct {
	Banks []bankView `json:"banks"`
}

// banks lists codes that are off as well, with their source: the merchant sees what there is to
// enable, and how much it weighs.
func (r Reader) banks() any {
	list := bankList{Banks: []bankView{}}
	for _, b := range r.Banks.All() {
		v := bankView{"slug": b.Slug, "name": b.Name}
		for name, r := range b.Routes {
			if r.Code != "" {
				v[string(name)] = bankRouteView{Code: r.Code, Enabled: r.Enabled, Source: r.Source}
			}
		}
		list.Banks = append(list.Banks, v)
	}
	return list
}
