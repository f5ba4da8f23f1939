package receiver

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Event is what the service sends. Members that are not listed here may be added
// at any time; leave them aside.
type Event struct {
	ID              string `json:"id"`
	Type            string `json:"type"`
	Timestamp       string `json:"timestamp"` // RFC 3339, UTC
	PayoutID        string `json:"payout_id"`
	Reference       string `json:"reference"`
	Sequence        int    `json:"sequence"`
	PreviousEventID string `json:"previous_event_id"` // empty for the first one
	Data            struct {
		Status       string   `json:"status"`
		Provider     string   `json:"provider"`
		Amount       string   `json:"amount"`
		Currency     string   `json:"currency"`
		ProviderCode string   `json:"provider_code"`
		Reasons      []string `json:"reasons"`
	} `json:"data"`
}

// bodyLimit is far above the size of an event.
const bodyLimit = 64 << 10

// Receiver is an http.Handler for the webhook.
type Receiver struct {
	keys []*standardwebhooks.Webhook
	// handle does the merchant's own work. An error makes the service send again.
	handle func(Event) error

	mu       sync.Mutex
	seen     map[string]bool          // by event id
	sequence map[string]map[int]Event // by payout and sequence
}

// The specification asks for keys of 24 to 64 bytes. Everybody can sign with an empty one,
// and an environment variable that is not set is one.
const (
	keyPrefix = "whsec_"
	leastKey  = 24
	mostKey   = 64
)

// New returns a receiver. During a rotation give it both secrets, each "whsec_" and 24 to 64
// bytes in base64. It refuses every other text, an empty one too, and no error shows one.
func New(handle func(Event) error, secrets ...string) (*Receiver, error) {
	r := &Receiver{handle: handle, seen: map[string]bool{}, sequence: map[string]map[int]Event{}}
	for i, s := range secrets {
		encoded, prefixed := strings.CutPrefix(s, keyPrefix)
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || !prefixed || len(key) < leastKey || len(key) > mostKey {
			return nil, fmt.Errorf("receiver: secret %d of %d must be %s and %d to %d bytes in base64", i+1, len(secrets), keyPrefix, leastKey, mostKey)
		}
		verifier, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, fmt.Errorf("receiver: %w", err)
		}
		r.keys = append(r.keys, verifier)
	}
	if len(r.keys) == 0 || handle == nil {
		return nil, errors.New("receiver: needs a secret and something to do")
	}
	return r, nil
}

// ServeHTTP implements http.Handler: 204 is what was taken or known, 401 a wrong
// signature, 400 what is no event, 500 what the merchant's own work failed on.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodyLimit))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !r.verified(body, request.Header) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var event Event
	if json.Unmarshal(body, &event) != nil || event.ID == "" || event.ID != request.Header.Get(standardwebhooks.HeaderWebhookID) || event.Sequence < 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := r.Take(event); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *Receiver) verified(body []byte, header http.Header) bool {
	for _, key := range r.keys {
		if key.Verify(body, header) == nil {
			return true
		}
	}
	return false
}

// Take handles an event once, however often it comes; also one from the feed.
func (r *Receiver) Take(event Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[event.ID] {
		return nil
	}
	if err := r.handle(event); err != nil {
		return err
	}
	if r.sequence[event.PayoutID] == nil {
		r.sequence[event.PayoutID] = map[int]Event{}
	}
	r.seen[event.ID], r.sequence[event.PayoutID][event.Sequence] = true, event
	return nil
}

// Missing lists the sequences of a payout that are below the highest one seen and
// have not come. Events may overtake each other on the way, so a gap is no loss;
// one that stays is read from the feed.
func (r *Receiver) Missing(payoutID string) []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	highest := 0
	for sequence := range r.sequence[payoutID] {
		highest = max(highest, sequence)
	}
	var missing []int
	for sequence := 1; sequence < highest; sequence++ {
		if _, came := r.sequence[payoutID][sequence]; !came {
			missing = append(missing, sequence)
		}
	}
	return missing
}

// Status is what the event with the highest sequence says of a payout. Never take
// the event that came last: it may have been overtaken.
func (r *Receiver) Status(payoutID string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	highest := Event{}
	for _, event := range r.sequence[payoutID] {
		if event.Sequence > highest.Sequence {
			highest = event
		}
	}
	return highest.Data.Status
}
