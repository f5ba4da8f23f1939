package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// The names of the providers in the ledger.
const (
	vexora  = "vexora"
	monetix = "monetix"
)

// Execution is one line of the ledger: what the sandbox knows about a reference. It is the JSON of
// GET /ledger too.
type Execution struct {
	Provider  string `json:"provider"`
	Reference string `json:"reference"`
	// Requests counts the payout requests that arrived, Executed how often money
	// moved. More than one Executed is a double payment.
	Requests int    `json:"requests"`
	Executed int    `json:"executed"`
	State    State  `json:"state"`
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
	Script   string `json:"script"`
	// Delivered counts the callbacks that were accepted, Refused all others.
	Delivered int `json:"callbacks_accepted"`
	Refused   int `json:"callbacks_refused"`
}

// entry is a line of the ledger with what is needed to go on with it. Its JSON is the file's
// format: a field that is renamed is lost to payouts of earlier runs in the same folder.
type entry struct {
	Execution
	Area        string `json:"area,omitempty"`
	PlatformID  string `json:"platform_id"`
	Account     string `json:"account"`
	CallbackURL string `json:"callback_url"`
	Remark      string `json:"remark,omitempty"`
	CustomerID  string `json:"customer_id,omitempty"`
	Next        int    `json:"next"` // the callback that is to be delivered next
	Gone        bool   `json:"gone"` // never taken: nothing to find, nothing to go on with
}

// Ledger lists everything, by reference. It returns copies: a caller that counts must not see one
// line change under it.
func (t *Sandbox) Ledger() []Execution {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Execution
	for _, e := range t.ledger {
		all = append(all, e.Execution)
	}
	slices.SortFunc(all, func(a, b Execution) int { return strings.Compare(a.Reference, b.Reference) })
	return all
}

// Find returns the line of one reference.
func (t *Sandbox) Find(reference string) (Execution, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, known := t.ledger[reference]
	if !known {
		return Execution{}, false
	}
	return e.Execution, true
}

// Redirected counts the requests that followed a redirect. It must stay zero. A POST of a payout
// that follows a redirect may be executed at two addresses (decision 0003).
func (t *Sandbox) Redirected() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hits
}

// change edits an entry under the lock and writes it down. Both under one lock, or two changes
// could stand in the file in the other order, and the last line counts.
func (t *Sandbox) change(e *entry, edit func(*entry)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	edit(e)
	t.journal.write(e)
}

// shown copies an entry. What takes long (a callback, a wait) works on the copy, without the lock.
func (t *Sandbox) shown(e *entry) entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return *e
}

// journal is the file of a sandbox: every change appends the whole entry as one line,
// and the last line of a reference counts. A line that a crash cut off is passed
// over. Appending needs no file to be rewritten, so that Ctrl-C at any moment costs one line at
// most. Without a file it does nothing.
type journal struct{ file *os.File }

func (j journal) write(e *entry) {
	if j.file == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err != nil {
		// A sandbox that forgets judges nothing: better loud than wrong.
		fmt.Fprintln(os.Stderr, "sandbox: cannot remember:", err)
	}
}

func (j journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// remember reads the file and goes on where the last sandbox stopped. The file is opened for
// writing after it was read: what is written then belongs behind what was there.
func (t *Sandbox) remember() error {
	if t.config.StatePath == "" {
		return nil
	}
	if err := t.replay(); err != nil {
		return err
	}
	file, err := os.OpenFile(t.config.StatePath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	t.journal = journal{file}
	for _, e := range t.ledger {
		if !e.Gone {
			t.live(e)
		}
	}
	return nil
}

// replay reads the entries back. A line that is no entry is passed over; an error of reading is
// not, since what comes behind it would be forgotten.
func (t *Sandbox) replay() error {
	file, err := os.Open(t.config.StatePath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Reference != "" {
			t.ledger[e.Reference] = &e
		}
	}
	return lines.Err()
}
