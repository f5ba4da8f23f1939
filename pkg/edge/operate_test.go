package edge_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

// operator answers every order alike and remembers it.
type operator struct {
	answer payout.Ordered
	err    error
	action payout.Action
	order  payout.Order
	room   payout.ControlRoom
	set    payout.ControlsSet
	pulled payout.ControlOrder
}

func (d *operator) Controls(context.Context) (payout.ControlRoom, error) { return d.room, d.err }

func (d *operator) SetControls(_ context.Context, o payout.ControlOrder) (payout.ControlsSet, error) {
	d.pulled = o
	return d.set, d.err
}

func (d *operator) take(a payout.Action, o payout.Order) (payout.Ordered, error) {
	d.action, d.order = a, o
	return d.answer, d.err
}

func (d *operator) ResendEvent(_ context.Context, o payout.Order) (payout.Ordered, error) {
	return d.take(payout.ResendEvent, o)
}

func (d *operator) Cancel(_ context.Context, o payout.Order) (payout.Ordered, error) {
	return d.take(payout.Cancel, o)
}

func (d *operator) Resolve(_ context.Context, o payout.Order) (payout.Ordered, error) {
	return d.take(payout.Resolve, o)
}

func (d *operator) Resend(_ context.Context, o payout.Order) (payout.Ordered, error) {
	return d.take(payout.Resend, o)
}

// signed is an event with a caller, as the gateway adds it.
func signed(e edge.Event, arn string) edge.Event {
	e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
		IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{UserARN: arn},
	}
	return e
}

const session = "arn:aws:sts::111122223333:assumed-role/finance/dara"

func TestAnOrderIsReadAndNamesItsPrincipal(t *testing.T) {
	for action, body := range map[payout.Action]string{
		payout.Cancel:  `{"reason": "wrong person"}`,
		payout.Resolve: `{"as": "succeeded", "reason": "see statement", "evidence": "line 12 of May"}`,
		payout.Resend:  `{"reason": "beneficiary waits"}`,
	} {
		d := &operator{answer: payout.Ordered{Payout: some(t, payout.Cancelled)}}
		h := edge.NewOperate(edge.Operate{Operator: d, Log: quiet})
		reply, _ := call(t, h, signed(event("POST", "/v1/payouts/"+string(id)+"/"+string(action), body), session))
		if reply.StatusCode != http.StatusOK || d.action != action || d.order.ID != id {
			t.Errorf("%s: %d, %s of %s", action, reply.StatusCode, d.action, d.order.ID)
		}
		if d.order.By != "arn:aws:iam::111122223333:role/finance" {
			t.Errorf("%s: by %s", action, d.order.By)
		}
	}
}

func TestAnOrderThatAwaitsASecondPersonIsA202WithTheProposal(t *testing.T) {
	p := some(t, payout.Unknown)
	p.Proposal = payout.Proposal{Action: payout.Resolve, As: payout.ResolvedFailed, By: "somebody", At: p.CreatedAt}
	h := edge.NewOperate(edge.Operate{Operator: &operator{answer: payout.Ordered{Payout: p, Awaiting: true}}, Log: quiet})
	reply, decoded := call(t, h, signed(event("POST", "/v1/payouts/"+string(id)+"/resolve", `{}`), session))
	proposal, _ := decoded["proposal"].(map[string]any)
	if reply.StatusCode != http.StatusAccepted || proposal["as"] != "failed" || proposal["by"] != "somebody" {
		t.Errorf("%d %v", reply.StatusCode, proposal)
	}
}

func TestOrdersThatCannotBeReadAreRefusedBeforeAnythingHappens(t *testing.T) {
	path := "/v1/payouts/" + string(id) + "/resolve"
	for name, test := range map[string]struct {
		e      edge.Event
		status int
		code   string
	}{
		"no principal":       {event("POST", path, `{}`), 403, "principal-missing"},
		"not JSON":           {signed(event("POST", path, `{`), session), 400, "invalid-json"},
		"unknown member":     {signed(event("POST", path, `{"by": "me"}`), session), 400, "invalid-body"},
		"wrong type":         {signed(event("POST", path, `{"reason": 1}`), session), 400, "invalid-body"},
		"another method":     {signed(event("GET", path, ""), session), 405, "method-not-allowed"},
		"another action":     {signed(event("POST", "/v1/payouts/"+string(id)+"/pay", `{}`), session), 404, "not-found"},
		"not an id":          {signed(event("POST", "/v1/payouts/x/cancel", `{}`), session), 404, "not-found"},
		"too large a reason": {signed(event("POST", path, `{"reason": "`+strings.Repeat("x", edge.BodyLimit)+`"}`), session), 413, "body-too-large"},
	} {
		d := &operator{}
		reply, decoded := call(t, edge.NewOperate(edge.Operate{Operator: d, Log: quiet}), test.e)
		if reply.StatusCode != test.status || decoded["code"] != test.code || d.action != "" {
			t.Errorf("%s: %d %v", name, reply.StatusCode, decoded["code"])
		}
	}
}

func TestEveryRefusalOfAnOrderHasAnAnswer(t *testing.T) {
	for problem, status := range map[payout.OrderProblem]int{
		payout.OrderPeopleNotRegistered: 403,
		payout.OrderUnreadable:          400, payout.OrderUnknown: 404, payout.OrderNotPossible: 409, payout.OrderBusy: 409,
		payout.OrderPaused: 409, payout.OrderInexpressive: 422, payout.OrderUnavailable: 503,
	} {
		d := &operator{err: &payout.OrderRefused{Problem: problem, Detail: "because", Faults: []payout.Fault{{Pointer: "/as", Code: "x", Message: "m"}}}}
		reply, decoded := call(t, edge.NewOperate(edge.Operate{Operator: d, Log: quiet}),
			signed(event("POST", "/v1/payouts/"+string(id)+"/cancel", `{"reason":"r"}`), session))
		if reply.StatusCode != status || decoded["detail"] != "because" {
			t.Errorf("%s: %d %v", problem, reply.StatusCode, decoded)
		}
		if about := problem == payout.OrderPeopleNotRegistered; about && decoded["code"] != string(problem) {
			t.Errorf("%s has the code %v", problem, decoded["code"])
		}
	}
}

// books is an importer that counts, and an archive in a map.
type books struct {
	imported int
	report   statement.Report
	err      error
	kept     map[string][]byte
}

func (b *books) Import(_ context.Context, s statement.File) (statement.Report, error) {
	b.imported++
	r := b.report
	r.Provider, r.Hash, r.By = s.Provider, s.Hash, s.By
	return r, b.err
}

func (b *books) KeepReport(_ context.Context, hash string, report []byte, _ time.Time) error {
	b.kept[hash] = report
	return nil
}

func (b *books) FindReport(_ context.Context, hash string) ([]byte, error) {
	if r, ok := b.kept[hash]; ok {
		return r, nil
	}
	return nil, payout.ErrNotFound
}

func (*books) KeepProposal(context.Context, string, payout.StatementProposal, time.Time) error {
	return nil
}

func (*books) FindProposal(context.Context, string) (payout.StatementProposal, error) {
	return payout.StatementProposal{}, payout.ErrNotFound
}

func (b *books) handler() edge.Handler {
	b.kept = map[string][]byte{}
	return edge.NewOperate(edge.Operate{Log: quiet, Statements: edge.Statements{
		Importer: b, Archive: b, Mappings: wire.Statements(),
	}})
}

const oneRow = "tradeNo,amount,currency,status\nP1,5,KHR,0000\n"

func importing(query, body string) edge.Event {
	e := signed(event("POST", "/v1/statements", body), session)
	e.RawQueryString = query
	return e
}

func TestAStatementIsImportedOnceAndItsReportToldAgain(t *testing.T) {
	b := &books{report: statement.Report{
		Counts: map[statement.Kind]int{statement.Extra: 1},
		Lines:  []statement.Line{{Kind: statement.Extra, Line: 2, ProviderID: "=cmd()", TheirWord: "0000"}},
	}}
	h := b.handler()
	reply, decoded := call(t, h, importing("provider=vexora&from=2026-05-01&to=2026-05-31", oneRow))
	if reply.StatusCode != 200 || len(decoded["lines"].([]any)) != 1 || len(decoded["sha256"].(string)) != 64 {
		t.Fatalf("%d %v", reply.StatusCode, decoded)
	}
	again, repeated := call(t, h, importing("provider=vexora&from=2026-05-01&to=2026-05-31", oneRow))
	if b.imported != 1 || again.Headers["idempotent-replayed"] != "true" || repeated["sha256"] != decoded["sha256"] {
		t.Errorf("imported %d times", b.imported)
	}
	sheet, _ := call(t, h, importing("provider=vexora&from=2026-05-01&to=2026-05-31&format=csv", oneRow))
	if !strings.HasPrefix(sheet.Body, `"kind","line",`) || !strings.Contains(sheet.Body, `"'=cmd()"`) {
		t.Errorf("%s", sheet.Body)
	}
}

// A file in which everything agrees has no line, and its sheet says so all the same.
func TestASheetSaysWhatStandsOverAllLines(t *testing.T) {
	for query, day := range map[string]string{"": "not given", "&from=2026-05-01&to=2026-05-31": "2026-05-01"} {
		b := &books{report: statement.Report{
			Provider: vexora.Name, From: strings.TrimSuffix(day, "not given"), Counts: map[statement.Kind]int{statement.Matched: 12, statement.Extra: 0}, Awaiting: true,
			Pending: 3, Persons: []payout.Person{"Dara", "Bopha"}, Unheard: 2,
		}}
		reply, _ := call(t, b.handler(), importing("provider=vexora&format=csv"+query, oneRow))
		rows, err := csv.NewReader(strings.NewReader(reply.Body)).ReadAll() // each row has as many cells as the first
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]string{}
		for _, row := range rows[1:] {
			if row[0] != "summary" {
				t.Errorf("a line that nobody reported: %q", row)
			}
			said[row[len(row)-2]] = row[len(row)-1]
		}
		for name, want := range map[string]string{
			"counts matched": "12", "counts extra": "0", "awaiting": "true", "pending": "3", "people": "Dara; Bopha", "matched_without_callback": "2", "provider": "vexora",
		} {
			if said[name] != want {
				t.Errorf("%s is %q, not %q", name, said[name], want)
			}
		}
		if !strings.HasPrefix(said["from"], day) {
			t.Errorf("from is %q, not %q", said["from"], day)
		}
	}
}

func TestAnImportThatWasCutOffIsNotArchived(t *testing.T) {
	for name, b := range map[string]*books{
		"a line was not stored": {report: statement.Report{Counts: map[statement.Kind]int{statement.NotImported: 1}}},
		"the list failed":       {err: errors.New("down")},
	} {
		reply, decoded := call(t, b.handler(), importing("provider=vexora", oneRow))
		if reply.StatusCode != 503 || decoded["retryable"] != true || len(b.kept) != 0 {
			t.Errorf("%s: %d, %d kept", name, reply.StatusCode, len(b.kept))
		}
	}
}

func TestAStatementThatAwaitsASecondPersonIsNotArchived(t *testing.T) {
	for _, query := range []string{"provider=vexora", "provider=vexora&check=true"} {
		b := &books{report: statement.Report{Counts: map[statement.Kind]int{statement.StillOpen: 1}, Awaiting: query == "provider=vexora", Pending: 1}}
		reply, decoded := call(t, b.handler(), importing(query, oneRow))
		if reply.StatusCode != 200 || decoded["awaiting"] != (query == "provider=vexora") || decoded["pending"] != 1.0 || len(b.kept) != 0 {
			t.Errorf("%s: %d %v, %d kept", query, reply.StatusCode, decoded, len(b.kept))
		}
	}
}

func TestAStatementThatIsRefusedWholeSaysWhy(t *testing.T) {
	line := statement.Line{Kind: statement.AmountDiffers, Line: 7}
	for code, test := range map[string]struct {
		err    error
		status int
	}{
		"statement-implausible": {&statement.Implausible{Differing: 1, Compared: 1, Lines: []statement.Line{line}}, 422},
		"people-not-registered": {&payout.OrderRefused{Problem: payout.OrderPeopleNotRegistered, Detail: "no"}, 403},
		"service-unavailable":   {&payout.OrderRefused{Problem: payout.OrderUnavailable}, 503},
	} {
		b := &books{err: test.err}
		reply, decoded := call(t, b.handler(), importing("provider=vexora", oneRow))
		if reply.StatusCode != test.status || decoded["code"] != code || len(b.kept) != 0 {
			t.Errorf("%s: %d %v", code, reply.StatusCode, decoded)
		}
	}
}

// Whoever looks at the report sees that it is the file which has to be mended.
func TestAnAmountThatCannotBeReadIsSaidToBe(t *testing.T) {
	lines := []statement.Line{{Kind: statement.UnreadableAmount, Line: 7, Ours: payout.Unknown}, {Kind: statement.Missing}, {Kind: statement.AmountDiffers, Line: 8, TheirZero: true}}
	b := &books{report: statement.Report{Counts: map[statement.Kind]int{statement.UnreadableAmount: 1, statement.Missing: 1}, Lines: lines}}
	for format, once := range map[string]string{"json": `"their_amount":"unreadable"`, "csv": `,"unreadable",`} {
		reply, _ := call(t, b.handler(), importing("provider=vexora&check=true&format="+format, oneRow))
		if strings.Count(reply.Body, once) != 1 || strings.Count(reply.Body, `"0.00"`) != 1 {
			t.Errorf("%s: %s", format, reply.Body)
		}
	}
	b = &books{err: &statement.Implausible{Differing: 1, Compared: 1, Lines: lines[:1]}}
	if reply, _ := call(t, b.handler(), importing("provider=vexora", oneRow)); !strings.Contains(reply.Body, "the file says unreadable, we hold") {
		t.Error(reply.Body)
	}
}

// What differs has to be seen, or nobody finds the column that is mapped wrongly.
func TestAFileWithoutANumberOfOursSaysWhatDiffers(t *testing.T) {
	line := statement.Line{Kind: statement.Conflict, Line: 7, ProviderID: "row-7", OurProviderID: "V-1"}
	b := &books{err: &statement.Implausible{Differing: 3, Compared: 3, Lines: []statement.Line{line}, Numbers: true}}
	reply, _ := call(t, b.handler(), importing("provider=vexora", oneRow))
	for _, part := range []string{"statement-implausible", "provider_id", "Nothing was written", "/line/7", "row-7", "V-1"} {
		if !strings.Contains(reply.Body, part) {
			t.Errorf("no %q in %s", part, reply.Body)
		}
	}
	if strings.Contains(reply.Body, "amount") {
		t.Errorf("it speaks of amounts: %s", reply.Body)
	}
	b = &books{report: statement.Report{Counts: map[statement.Kind]int{statement.Conflict: 1}, Lines: []statement.Line{line}}}
	for _, format := range []string{"json", "csv"} {
		reply, _ := call(t, b.handler(), importing("provider=vexora&check=true&format="+format, oneRow))
		if !strings.Contains(reply.Body, "our_provider_id") || !strings.Contains(reply.Body, "V-1") {
			t.Errorf("%s does not show our number: %s", format, reply.Body)
		}
	}
}

func TestAStatementThatMakesNoSenseIsRefused(t *testing.T) {
	for query, want := range map[string]int{
		"": 400, "provider=bank": 400, "provider=vexora&from=2026-05-01": 400, "provider=vexora&from=2026-05-02&to=2026-05-01": 400,
		"provider=vexora&from=2026-01-01&to=2026-12-31": 400, "provider=vexora&format=xml": 400, "provider=vexora&check=yes": 400, "provider=vexora&day=1": 400,
	} {
		b := &books{}
		if reply, _ := call(t, b.handler(), importing(query, oneRow)); reply.StatusCode != want || b.imported != 0 {
			t.Errorf("%q: %d", query, reply.StatusCode)
		}
	}
	b := &books{}
	reply, decoded := call(t, b.handler(), importing("provider=vexora", "a,b\n1,2\n"))
	if reply.StatusCode != 422 || decoded["code"] != "statement-unreadable" || len(decoded["errors"].([]any)) == 0 {
		t.Errorf("%d %v", reply.StatusCode, decoded)
	}
	if reply, _ := call(t, b.handler(), importing("provider=vexora", strings.Repeat("x", edge.StatementLimit+1))); reply.StatusCode != 413 {
		t.Errorf("%d", reply.StatusCode)
	}
}

// An order that is not stored is answered with a normal 503, which Lambda does not count as an
// error. A read that fails stores nothing, and rings nothing.
func TestAnOrderThatIsNotStoredIsSignalled(t *testing.T) {
	away := &payout.OrderRefused{Problem: payout.OrderUnavailable, Detail: "not stored", Cause: payout.ErrUnclear}
	wait := `{"reason": "money leaks", "submissions": {"all": "held"}}`
	for name, test := range map[string]struct {
		e    edge.Event
		err  error
		want heard
	}{
		"an order":               {event("POST", "/v1/payouts/"+string(id)+"/cancel", `{"reason": "wrong person"}`), away, heard{payout.SignalNotStored}},
		"controls":               {event("POST", "/v1/controls", wait), away, heard{payout.SignalNotStored}},
		"a look at the controls": {event("GET", "/v1/controls", ""), away, nil},
		"an order too late":      {event("POST", "/v1/payouts/"+string(id)+"/cancel", `{"reason": "wrong person"}`), &payout.OrderRefused{Problem: payout.OrderNotPossible}, nil},
	} {
		var (
			signals heard
			log     bytes.Buffer
		)
		h := edge.NewOperate(edge.Operate{Operator: &operator{err: test.err}, Signals: &signals, Log: slog.New(slog.NewTextHandler(&log, nil))})
		reply, _ := call(t, h, signed(test.e, session))
		if !slices.Equal(signals, test.want) {
			t.Errorf("%s, answered %d: signals %v, not %v", name, reply.StatusCode, signals, test.want)
		}
		if test.err == error(away) && (reply.StatusCode != 503 || !strings.Contains(log.String(), "level=ERROR")) {
			t.Errorf("%s, answered %d: no LOG_LEVEL may hide why: %s", name, reply.StatusCode, log.String())
		}
	}
	var signals heard
	b := &books{err: errors.New("down"), kept: map[string][]byte{}}
	h := edge.NewOperate(edge.Operate{Log: quiet, Signals: &signals, Statements: edge.Statements{Importer: b, Archive: b, Mappings: wire.Statements()}})
	for query, want := range map[string]heard{"provider=vexora": {payout.SignalNotStored}, "provider=vexora&check=true": nil} {
		signals = nil
		if reply, _ := call(t, h, importing(query, oneRow)); reply.StatusCode != 503 || !slices.Equal(signals, want) {
			t.Errorf("%s, answered %d: signals %v", query, reply.StatusCode, signals)
		}
	}
}

// LOG_LEVEL=WARN must not hide why a create was answered with 503.
func TestWhyACreateIsNotStoredIsLoggedAsAnError(t *testing.T) {
	var log bytes.Buffer
	h := edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
		return payout.Created{}, &payout.Refusal{Kind: payout.Unavailable, Cause: errors.New("AccessDenied")}
	}), slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})))
	reply, _ := call(t, h, event("POST", "/v1/payouts", `{"reference": "R1"}`))
	if reply.StatusCode != 503 || !strings.Contains(log.String(), "AccessDenied") {
		t.Errorf("answered %d: %s", reply.StatusCode, log.String())
	}
}
