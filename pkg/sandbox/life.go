package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"time"
)

// admit enters a request into the ledger, and reports whether its reference was
// there before. A payout whose script never takes it is counted and forgotten. Its count of
// requests stays, so that a test sees how often it was sent. A later request under its reference
// may be taken, as at a provider that never heard of the first one.
func (t *Sandbox) admit(fresh entry, s Script) (e *entry, repeated bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fresh.Script = s.Code
	fresh.Gone = s.reply == unread || s.reply == elsewhere || s.reply == forbidden || s.reply == refused
	known, there := t.ledger[fresh.Reference]
	if there && !known.Gone {
		known.Requests++
		t.journal.write(known)
		return known, true
	}
	if there {
		fresh.Requests = known.Requests
	}
	fresh.Requests++
	fresh.State = Processing
	if fresh.Gone {
		fresh.State = Failed
	}
	t.ledger[fresh.Reference] = &fresh
	t.journal.write(&fresh)
	return &fresh, false
}

// live plays a payout's script to its end in the background. The script is found by its code in the
// entry, and how far it came stands there too, so that it goes on after a restart as it would have
// without.
func (t *Sandbox) live(e *entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.work.Go(func() {
		s := scriptOf(t.shown(e).Script)
		if t.shown(e).State == Processing && s.end != Processing {
			if !t.wait(t.config.CallbackDelay) {
				return
			}
			t.finish(e, s)
		}
		t.callBack(e, s)
	})
}

// finish moves the money, once. The state guards it: whoever comes second, the answer or the
// background, finds the payout ended and moves nothing.
func (t *Sandbox) finish(e *entry, s Script) {
	t.change(e, func(e *entry) {
		if e.State != Processing {
			return
		}
		e.State = s.end
		if s.moves() {
			e.Executed++
		}
	})
}

// callBack delivers what is left of the script, in order. Next is raised after a delivery, and not
// before: a callback that was cut off is sent again by the next sandbox. Providers repeat as well.
func (t *Sandbox) callBack(e *entry, s Script) {
	for {
		next := t.shown(e).Next
		if next >= len(s.callbacks) {
			return
		}
		if next > 0 && !t.wait(t.config.CallbackDelay) {
			return
		}
		for range s.callbacks[next].copies + 1 {
			if !t.deliver(e, s.callbacks[next]) {
				return
			}
		}
		t.change(e, func(e *entry) { e.Next++ })
	}
}

// deliver sends one callback until it is accepted or given up; false means that
// the sandbox is closing. A forged one is sent once. No provider stands behind a forged one, and
// nobody would repeat it.
func (t *Sandbox) deliver(e *entry, w word) bool {
	for try := 0; ; try++ {
		accepted := t.post(t.shown(e), w)
		if t.life.Err() != nil {
			return false
		}
		t.change(e, func(e *entry) {
			if accepted {
				e.Delivered++
			} else {
				e.Refused++
			}
		})
		if accepted || w.forged || try >= len(t.config.RetryGaps) {
			return true
		}
		if !t.wait(t.config.RetryGaps[try]) {
			return false
		}
	}
}

// post sends a callback, freshly signed. Vexora wants the bare text OK, Monetix
// the status 200. Each try is signed anew, with its own time stamp: a duplicate of the same claim
// is rarely the same bytes.
func (t *Sandbox) post(e entry, w word) bool {
	target, err := url.Parse(e.CallbackURL)
	if err != nil || e.CallbackURL == "" || !t.config.AllowCallbackURL(target) {
		return false
	}
	t.slots <- struct{}{}
	defer func() { <-t.slots }()
	body := t.vexoraCallback(e, w)
	if e.Provider == monetix {
		body = t.monetixCallback(e, w)
	}
	request, err := http.NewRequestWithContext(t.life, http.MethodPost, e.CallbackURL, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := t.http.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	return err == nil && answer.StatusCode == http.StatusOK && (e.Provider == monetix || string(said) == "OK")
}

// stampFormat is how Monetix writes a time.
const stampFormat = "2006-01-02T15:04:05-0700"

func (t *Sandbox) stamp() string { return t.config.Now().UTC().Format(stampFormat) }

// hangUp ends the connection without an answer. The caller cannot tell whether the request arrived,
// which is the point of the scripts that use it.
func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler) // the server's own way to hang up
}

// perform plays the part of a script that happens while the request waits, and
// reports whether the ordinary answer is still to be written.
func (t *Sandbox) perform(w http.ResponseWriter, r *http.Request, e *entry, s Script) bool {
	// The money moves before anything is answered or lost, so that a status query right behind it
	// is told of the end.
	if s.reply == lost || s.reply == atOnce || s.early {
		t.finish(e, s)
	}
	if s.early && t.deliver(e, s.callbacks[0]) {
		t.change(e, func(e *entry) { e.Next++ })
	}
	defer t.live(e)
	switch s.reply {
	case lost:
		hangUp(w)
	case slow:
		select {
		case <-time.After(t.config.SlowAnswer):
		case <-r.Context().Done():
		case <-t.life.Done():
		}
		return true
	// This one and the next are taken all the same: a 500, or a page of a gateway, says nothing
	// about the payout.
	case broken:
		http.Error(w, "internal server error", http.StatusInternalServerError)
	case garbage:
		_, _ = io.WriteString(w, "<html>maintenance</html>")
	default:
		return true
	}
	return false
}

// turnAway plays the scripts that take nothing, and reports whether it did.
func (t *Sandbox) turnAway(w http.ResponseWriter, r *http.Request, s Script) bool {
	switch s.reply {
	case unread:
		hangUp(w)
	// 307 asks for the same method and body at the other address. Whoever follows it is counted by
	// Redirected.
	case elsewhere:
		http.Redirect(w, r, "/redirected", http.StatusTemporaryRedirect)
	// HTML, as a firewall before the provider answers: a 403 without a provider's code.
	case forbidden:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<html>forbidden</html>")
	default:
		return false
	}
	return true
}
