package edge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
)

// StatementLimit is the most bytes of a statement: what Lambda takes of a request
// (6 MB), in base64, less the event around it.
const StatementLimit = 4 << 20

// Importer is the use case behind POST /v1/statements; *statement.Importer implements it.
type Importer interface {
	Import(ctx context.Context, s statement.File) (statement.Report, error)
}

// Statements is what the import of statements needs.
type Statements struct {
	Importer Importer
	Archive  payout.Archive
	Mappings map[payout.Provider]statement.Mapping
	// KeepFor is how long a report is kept: its lines quote the file. Zero means for ever.
	KeepFor time.Duration
}

// until is when a report of now may go. The zero time keeps it for ever, which is what
// REDACT_AFTER_DAYS=0 asks for payouts too.
func (s Statements) until(now time.Time) time.Time {
	if s.KeepFor <= 0 {
		return time.Time{}
	}
	return now.Add(s.KeepFor)
}

// reportView is the report of an import as callers see it, and as it is archived. It is archived as
// these bytes. A member that is renamed is lost from every report of before, so members are only
// added.
type reportView struct {
	Provider payout.Provider  `json:"provider"`
	Hash     string           `json:"sha256"`
	Name     string           `json:"statement"` // as it stands in the histories
	From     string           `json:"from,omitempty"`
	To       string           `json:"to,omitempty"`
	By       payout.Principal `json:"imported_by"`
	First    payout.Principal `json:"first_imported_by,omitempty"`
	People   []payout.Person  `json:"people,omitempty"` // the two who had it applied
	At       string           `json:"imported_at"`
	// Awaiting: nothing, or not everything, has been applied; Pending counts the lines
	// whose payout the provider has yet to be asked about.
	Awaiting bool                   `json:"awaiting"`
	Pending  int                    `json:"pending,omitempty"`
	Outdated int                    `json:"outdated,omitempty"` // lines whose payout was sent since the file came first
	Counts   map[statement.Kind]int `json:"counts"`
	// Unheard counts matched payouts whose end no callback brought.
	Unheard int `json:"matched_without_callback"`
	// Lines are all but the matched ones.
	Lines    []lineView `json:"lines"`
	LinesCut int        `json:"lines_cut,omitempty"`
}

// lineView is one finding. Amounts are text in major units, as everywhere in the API.
type lineView struct {
	Kind          statement.Kind   `json:"kind"`
	Line          int              `json:"line,omitempty"`
	PayoutID      payout.ID        `json:"payout_id,omitempty"`
	Reference     payout.Reference `json:"reference,omitempty"`
	ProviderID    string           `json:"provider_id,omitempty"`
	OurProviderID string           `json:"our_provider_id,omitempty"` // where the line names another number
	Ours          payout.Status    `json:"our_status,omitempty"`
	OurAmount     string           `json:"our_amount,omitempty"`
	Theirs        string           `json:"their_status,omitempty"`
	TheirAmount   string           `json:"their_amount,omitempty"`
	Currency      string           `json:"currency,omitempty"`
	CallbackHeard bool             `json:"callback_heard"`
	Outdated      bool             `json:"outdated,omitempty"` // the payout was sent since the file came first
}

// What bounds the lines of a report, so that it fits into one item: their number, and the
// bytes that they take as JSON.
const (
	mostLines     = 1000
	mostLineBytes = 512 << 10
)

// importStatement serves POST /v1/statements?provider=P&from=DAY&to=DAY. A file that was
// applied gives the same report again, for the same days. A check is never answered from the
// archive: it asks how things stand now.
func (d Operate) importStatement(ctx context.Context, e Event) Reply {
	if p := routed(e, http.MethodPost, "/v1/statements"); p != nil {
		return p.reply(ctx, e)
	}
	s, wantsCSV, p := readStatementQuery(e)
	if p != nil {
		return p.reply(ctx, e)
	}
	file, err := body(e, StatementLimit)
	if err != nil {
		return problem(http.StatusRequestEntityTooLarge, BodyTooLarge, "the file must not exceed 4 MiB of valid base64 or text").reply(ctx, e)
	}
	// The hash is over the bytes as they came. Two people confirm one file by sending the same
	// bytes.
	digest := sha256.Sum256(file)
	s.Hash = hex.EncodeToString(digest[:])
	s.Rows, err = statement.Parse(file, d.Statements.Mappings[s.Provider])
	if err != nil {
		return unreadableStatement(err).reply(ctx, e)
	}
	// An archive that cannot be read is no obstacle: importing a file again changes nothing more.
	if known, err := d.Statements.Archive.FindReport(ctx, s.Key()); err == nil && !s.Check {
		return d.tellReport(ctx, e, known, wantsCSV, true)
	}
	return d.runImport(ctx, e, s, wantsCSV)
}

// readStatementQuery reads what the query says about the file. Who sends it comes from the
// signature. Whether two registered people are needed, and whether these are two, is the domain's
// to say.
func readStatementQuery(e Event) (s statement.File, wantsCSV bool, p *Problem) {
	refuse := func(detail string) (statement.File, bool, *Problem) {
		p := problem(http.StatusBadRequest, InvalidQuery, detail)
		return statement.File{}, false, &p
	}
	parameters, err := query(e)
	if err != nil {
		return refuse(err.Error())
	}
	if err := only(parameters, "provider", "from", "to", "format", "check"); err != nil {
		return refuse(err.Error())
	}
	s = statement.File{Provider: payout.Provider(parameters["provider"]), From: parameters["from"], To: parameters["to"]}
	s.By, s.Identities = caller(e)
	// check=false or check=1 would import where somebody meant to look, or the other way round.
	if check, there := parameters["check"]; there && check != "true" {
		return refuse("check must be true, or be left out")
	}
	s.Check = parameters["check"] == "true"
	if !payout.Known(s.Provider) {
		return refuse("provider must be " + payout.AProvider())
	}
	if !coversDays(s) {
		return refuse("from and to must be days (YYYY-MM-DD) at most 35 days apart, or both be left out")
	}
	switch parameters["format"] {
	case "", "json", "csv":
		return s, parameters["format"] == "csv", nil
	}
	return refuse("format must be json or csv")
}

// coversDays reports whether the days can be listed. Both may be left out: then nothing is reported
// as missing.
func coversDays(s statement.File) bool {
	if s.From == "" && s.To == "" {
		return true
	}
	from, err1 := time.Parse(time.DateOnly, s.From)
	to, err2 := time.Parse(time.DateOnly, s.To)
	return err1 == nil && err2 == nil && !to.Before(from) && to.Sub(from) < statement.MostDays*24*time.Hour
}

// runImport compares the file, and archives the report only of an import that is over. A report
// that awaits a second person, or that misses lines, would otherwise be given again in place of the
// import.
func (d Operate) runImport(ctx context.Context, e Event, s statement.File, wantsCSV bool) Reply {
	report, err := d.Statements.Importer.Import(ctx, s)
	if p := refusedStatement(err); p != nil {
		return p.reply(ctx, e)
	}
	if err == nil {
		err = report.Trouble()
	}
	var encoded []byte
	if err == nil {
		encoded, err = json.Marshal(viewReport(report))
	}
	if err == nil && !s.Check && !report.Awaiting {
		err = d.Statements.Archive.KeepReport(ctx, s.Key(), encoded, d.Statements.until(report.At))
	}
	if err != nil {
		if !s.Check {
			d.tellUnstored(ctx, e, err)
		}
		d.Log.LogAttrs(ctx, slog.LevelError, "statement not imported", slog.String("request_id", requestID(ctx, e)),
			slog.String("provider", string(s.Provider)), slog.Any("error", err))
		return problem(http.StatusServiceUnavailable, ServiceUnavailable,
			"the statement was not imported to the end; send the same file again: no line counts twice").reply(ctx, e)
	}
	d.Log.LogAttrs(ctx, slog.LevelInfo, "statement imported", slog.String("request_id", requestID(ctx, e)),
		slog.String("provider", string(s.Provider)), slog.Int("count", len(s.Rows)))
	return d.tellReport(ctx, e, encoded, wantsCSV, false)
}

// viewReport cuts the lines and never the counts: totals are true for the whole file, and lines_cut
// says how many lines are not shown.
func viewReport(r statement.Report) reportView {
	v := reportView{
		Provider: r.Provider, Hash: r.Hash, Name: r.Name, From: r.From, To: r.To, By: r.By, First: r.ProposedBy, People: r.Persons, At: instant(r.At),
		Awaiting: r.Awaiting, Pending: r.Pending, Outdated: r.Outdated,
		Counts: r.Counts, Unheard: r.Unheard, Lines: []lineView{},
	}
	bytes := 0
	for i, l := range r.Lines {
		line := viewLine(l)
		if encoded, err := json.Marshal(line); err == nil {
			bytes += len(encoded)
		}
		if i == mostLines || bytes > mostLineBytes {
			v.LinesCut = len(r.Lines) - i
			break
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}

// viewLine has one column for the currency, ours. Where the file names another one, it stands
// behind their amount, or two numbers that differ would look as if they agreed.
func viewLine(l statement.Line) lineView {
	v := lineView{
		Kind: l.Kind, Line: l.Line, PayoutID: l.PayoutID, Reference: l.Reference, ProviderID: l.ProviderID,
		OurProviderID: l.OurProviderID, Ours: l.Ours, Theirs: l.TheirWord, CallbackHeard: l.Heard, Outdated: l.Outdated,
	}
	if !l.OurAmount.IsZero() {
		v.OurAmount, v.Currency = l.OurAmount.String(), string(l.OurAmount.Currency())
	}
	if v.TheirAmount = theirs(l); !l.TheirAmount.IsZero() {
		if v.Currency == "" || v.Currency == string(l.TheirAmount.Currency()) {
			v.Currency = string(l.TheirAmount.Currency())
		} else {
			v.TheirAmount += " " + string(l.TheirAmount.Currency())
		}
	}
	return v
}

// unreadableAmount stands for an amount of the file that cannot be read. What stands there may be
// any text, an account number too, so that it is not shown.
const unreadableAmount = "unreadable"

// theirs is the amount that a line of the file states; empty for what is no line of it.
func theirs(l statement.Line) string {
	switch {
	case l.TheirZero:
		return "0.00"
	case l.TheirAmount.IsZero() && l.Kind != statement.Missing:
		return unreadableAmount
	}
	return l.TheirAmount.String()
}

// tellReport answers with an encoded report, as it is or as CSV. A new report takes the same way
// through its bytes as an archived one, so that both are answered alike.
func (d Operate) tellReport(ctx context.Context, e Event, encoded []byte, wantsCSV, replayed bool) Reply {
	var v reportView
	if err := json.Unmarshal(encoded, &v); err != nil {
		return problem(http.StatusServiceUnavailable, ServiceUnavailable, "the stored report cannot be read").reply(ctx, e)
	}
	reply := jsonReply(http.StatusOK, v)
	if wantsCSV {
		reply.Headers["content-type"] = "text/csv; charset=utf-8"
		reply.Body = v.csv()
	}
	if replayed {
		reply.Headers["idempotent-replayed"] = "true"
	}
	return reply
}

// refusedStatement is the problem of a file that was refused whole, nil for every other
// error. What it does not know is trouble of ours: 503, and the file may be sent again.
func refusedStatement(err error) *Problem {
	var (
		implausible *statement.Implausible
		refused     *payout.OrderRefused
	)
	switch {
	case errors.As(err, &implausible):
		p := implausibleStatement(implausible)
		return &p
	case errors.As(err, &refused) && refused.Problem != payout.OrderUnavailable:
		kind := orderProblems[refused.Problem]
		p := problem(kind.status, kind.code, refused.Detail)
		return &p
	}
	return nil
}

// mostFaultLines bounds the lines that a problem names.
const mostFaultLines = 100

// implausibleStatement names the lines that differ, with both sides of each: whoever mapped the
// wrong column sees it in the numbers. Nothing was written, also not for the lines that agree.
func implausibleStatement(i *statement.Implausible) Problem {
	why := fmt.Sprintf("%d of %d amounts differ from ours: this looks like another unit, column or account. Nothing was written", i.Differing, i.Compared)
	if i.Numbers {
		why = fmt.Sprintf("none of %d numbers of the provider's is ours: the mapping of the column provider_id may be wrong. "+
			"Nothing was written; if the file has no such number, map that column to none", i.Differing)
	}
	p := problem(http.StatusUnprocessableEntity, StatementImplausible, why)
	for _, line := range i.Lines[:min(len(i.Lines), mostFaultLines)] {
		says := theirs(line)
		if !line.TheirAmount.IsZero() {
			says += " " + string(line.TheirAmount.Currency())
		}
		detail := fmt.Sprintf("the file says %s, we hold %s %s", says, line.OurAmount, line.OurAmount.Currency())
		if i.Numbers {
			detail = fmt.Sprintf("the file says %s, we hold %s", line.ProviderID, line.OurProviderID)
		}
		p.Errors = append(p.Errors, FieldError{
			Pointer: "/line/" + strconv.Itoa(line.Line), Code: string(StatementImplausible), Detail: detail,
		})
	}
	return p
}

// unreadableStatement names lines and rules. It quotes no cell: a file that is shifted by a column
// has account numbers anywhere.
func unreadableStatement(err error) Problem {
	p := problem(http.StatusUnprocessableEntity, StatementUnreadable, "the statement cannot be read; nothing was imported")
	var unreadable *statement.Unreadable
	if errors.As(err, &unreadable) {
		for i, each := range unreadable.Problems {
			if i == mostFaultLines {
				break
			}
			p.Errors = append(p.Errors, FieldError{
				Pointer: "/line/" + strconv.Itoa(each.Line), Code: string(StatementUnreadable), Detail: each.Message,
			})
		}
	}
	return p
}
