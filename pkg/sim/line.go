package sim

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"cambodia-payouts/pkg/oneshot"
	"cambodia-payouts/pkg/payout"
)

// line is one connection to a provider. It stands where pkg/oneshot dials in production, so that
// everything above it (what "not sent" means, what an answer means) is the real code.
type line struct {
	c        *container
	platform *platform
}

// slow is how long a provider is waited for. It is the client's own limit (payout.AnswerWithin).
// A create that has waited for it has at most ten of its twenty-five seconds left.
const slow = 15 * time.Second

// Post implements oneshot.Connection under the fate of the point. The judges of sendings are
// called where the request leaves, and only if it does: a fence that is followed by no request
// has sent nothing. What was answered counts as a word only if it says something: a 500 and a
// redirect of a payout that was taken tell nobody that it was.
func (l line) Post(_ context.Context, r oneshot.Request) oneshot.Result {
	question := strings.Contains(r.URL.Path, "query") || strings.Contains(r.URL.Path, "status")
	p, w, fates := l.c.current, l.c.world, sendFates
	if question {
		fates = askFates
	}
	reference := referenceIn(r.Body)
	w.onTheWay[reference]++
	defer func() { w.onTheWay[reference]-- }()
	landed := l.fly(reference, question)
	defer landed()
	begun := w.now
	what := fmt.Sprintf("%s %s …%s", map[bool]string{true: "ask", false: "POST to"}[question], l.platform.name, reference[max(0, len(reference)-4):])
	f := l.reach(what, fates, !question && w.requests[reference] > 0)
	if !question && f != noConnection {
		w.requests[reference]++
		w.everSent[reference]++
		w.judgeGate(l.platform.name, reference, l.c.blindAt)
		w.judgeCap(l.c, reference)
		w.judgeLeaving(reference, l.c)
	}
	if f != requestLate {
		landed()
	}
	if result, ended := l.before(f, r, question); ended {
		return result
	}
	a := l.platform.model.handle(l.platform, r, question)
	switch f {
	case answerLost:
		return l.lost()
	case crashAfter:
		p.die()
	}
	a = a.spoilt(f)
	if l.platform.model.traits().refusesByStatus && !question && a.aboutUs() {
		a.says = saysAboutUs
	}
	if f != errorAfter && f != redirectAfter {
		source := map[bool]payout.Source{true: payout.FromQuery, false: payout.FromAnswer}[question]
		p.errand.asked, p.errand.answered = p.errand.asked || question, p.errand.answered || !question
		w.noteWord(reference, spoken{says: a.says, mismatch: a.stray, another: a.stray, source: source, by: p, hits: p.hits, begun: begun})
	}
	return a.result()
}

// before is what becomes of a request that the provider does not see, or not in time. False
// means that it arrives. The late ones arrive after 20 seconds, when the answer is given up;
// after 90, when the lease is over and a sweep may have been there; or after ten minutes, when
// somebody may have sent it again.
func (l line) before(f fate, r oneshot.Request, question bool) (result oneshot.Result, ended bool) {
	w, reference := l.c.world, referenceIn(r.Body)
	switch f {
	case noConnection:
		return oneshot.Result{Outcome: oneshot.NotSent}, true
	case requestLost:
		return l.lost(), true
	case requestLate:
		w.onTheWay[reference]++
		arrives := l.fly(reference, question)
		w.engine.in(time.Second*time.Duration([]int{20, 90, 600}[w.choices.pick(3)]), func() {
			w.onTheWay[reference]--
			arrives()
			l.platform.model.handle(l.platform, r, question)
		})
		return l.lost(), true
	case serverError:
		return answer{status: http.StatusBadGateway}.result(), true
	case redirected:
		return answer{status: http.StatusFound}.result(), true
	case forbidden:
		w.noteWord(reference, spoken{says: saysAboutUs, source: payout.FromAnswer})
		return answer{status: http.StatusForbidden, body: []byte(`{"status":"error","code":"403","message":"m"}`)}.result(), true
	}
	return oneshot.Result{}, false
}

// lost waits for an answer that does not come.
func (l line) lost() oneshot.Result {
	l.c.current.wait(slow)
	return oneshot.Result{Outcome: oneshot.Lost}
}

// result is what a client makes of the answer.
func (a answer) result() oneshot.Result {
	return oneshot.Result{Outcome: oneshot.Answered, Status: a.status, Body: a.body}
}

// spoilt is the answer as it arrives. The provider has done what it did; only the news of it
// differs. A refusal by its HTTP status says what it said, whatever word stands in it.
func (a answer) spoilt(f fate) answer {
	switch f {
	case errorAfter:
		return answer{status: http.StatusInternalServerError}
	case redirectAfter:
		return answer{status: http.StatusTemporaryRedirect}
	case garbageAfter:
		a.body, a.says = []byte("<html>"), saysNothing
	case unlistedAfter:
		if a.body = unlist(a.body); a.status == http.StatusOK {
			a.says = saysUnlisted
		}
	}
	return a
}

// aboutUs reports a refusal that a provider documents as one of the address or the
// endpoint by its HTTP status alone. A firewall may answer so, too, and nothing in the answer
// tells (docs/providers.md).
func (a answer) aboutUs() bool {
	return a.status == http.StatusForbidden || a.status == http.StatusNotFound && a.says != saysFailed
}

// reach comes to the point of a request. A process that was frozen there at times
// finds its connection dead, and so does, more often than others, one that submits
// once more. That is the road to "not sent" after a first submission that may have arrived: it
// must never lead back to the queue (mutant step-back-to-queued).
func (l line) reach(what string, fates []fate, again bool) fate {
	w := l.c.world
	d := w.latency()
	f := l.c.current.pointAfter(d, what, fates)
	frozen := d > time.Minute && w.choices.pick(2) > 0
	if f == ok && (frozen || again && w.faults > 0 && w.choices.chance(35)) {
		w.tell("%-24s ... and the dial fails", l.c.current.name)
		return noConnection
	}
	return f
}

// fly counts a submission as one that may still arrive, until it has landed. Until then no
// failure of that attempt is certain at a provider that could execute the request.
func (l line) fly(reference string, question bool) (landed func()) {
	w := l.c.world
	if question {
		return func() {}
	}
	w.flying[reference]++
	var once sync.Once
	return func() { once.Do(func() { w.flying[reference]-- }) }
}

// Close implements oneshot.Connection.
func (line) Close() {}

// unlist puts a word that no page lists into an answer. It is done to the bytes, so that each
// provider's reader meets the word where its own words stand.
func unlist(body []byte) []byte {
	return bytes.ReplaceAll(body, []byte(`"status":"`), []byte(`"status":"x`))
}
