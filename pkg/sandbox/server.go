package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
)

// bodyLimit bounds what a request may send.
const bodyLimit = 64 << 10

// Handler serves both providers and the ledger:
//
//	POST /vexora/{area}/v1/vexora/disbursements, /queryPayOutResult, /queryBalance
//	POST /monetix/v2/payment/banks/cambodia/payout, /monetix/v2/payment/status
//	GET  /ledger
func (t *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /vexora/{area}/v1/vexora/disbursements", t.disburse)
	mux.HandleFunc("POST /vexora/{area}/v1/vexora/queryPayOutResult", t.queryVexora)
	mux.HandleFunc("POST /vexora/{area}/v1/vexora/queryBalance", t.balanceVexora)
	mux.HandleFunc("POST /monetix/v2/payment/banks/cambodia/payout", t.payMonetix)
	mux.HandleFunc("POST /monetix/v2/payment/status", t.statusMonetix)
	mux.HandleFunc("GET /ledger", t.showLedger)
	// Every method: a client that turns the POST into a GET has followed the redirect too.
	mux.HandleFunc("/redirected", func(w http.ResponseWriter, _ *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.hits++
		w.WriteHeader(http.StatusNotFound)
	})
	return mux
}

// showLedger needs no signature: the sandbox holds invented payouts alone.
func (t *Sandbox) showLedger(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	all := t.Ledger()
	if all == nil {
		all = []Execution{}
	}
	_ = encoder.Encode(all) // the reader may have gone
}

// readBody reads one byte more than the limit, which tells a body of that size from a longer one.
func readBody(r *http.Request) ([]byte, bool) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, bodyLimit+1))
	return raw, err == nil && len(raw) <= bodyLimit
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the reader may have gone
}
