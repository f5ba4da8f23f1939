package edge_test

import (
	"context"
	"strings"
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// orphanage has one orphan.
type orphanage struct {
	stored
	o payout.Orphaned
}

// ListOrphans lists it.
func (s orphanage) ListOrphans(context.Context, payout.PageQuery) (payout.OrphanPage, error) {
	return payout.OrphanPage{Orphans: []payout.Orphaned{s.o}}, nil
}

// Nobody knows whom an orphan is about. Whatever others wrote in it is masked as a text of
// which nobody knows the recipient; what only we and a provider make is not.
func TestWhatStrangersWroteInAnOrphanIsMasked(t *testing.T) {
	account := "0011223344556"
	texts := map[string]string{
		"a number":          account,
		"in JSON":           `{"account":"` + account + `","name":"x"}`,
		"in escaped JSON":   `{\"account\":\"\u0030011223344556\"}`,
		"in words":          "salary " + account + " of May",
		"set apart":         "0011-2233-44556",
		"an e-mail address": "sophea.chan@example.com",
	}
	fields := map[string]func(*payout.Orphaned, string){
		"provider_reference": func(o *payout.Orphaned, text string) { o.Reference = text },
		"message":            func(o *payout.Orphaned, text string) { o.Message = text },
		"provider_id": func(o *payout.Orphaned, text string) {
			if text != account && text != "0011-2233-44556" { // alone it is the provider's own for all that anybody knows
				o.ProviderID = text
			}
		},
	}
	for field, put := range fields {
		for name, text := range texts {
			o := payout.Orphaned{Provider: vexora.Name, Reference: "hand", Finding: payout.FoundSucceeded, Evidence: strings.Repeat("0", 64)}
			put(&o, text)
			reply, _ := call(t, edge.NewRead(edge.Reader{Library: orphanage{o: o}, Log: quiet}), event("GET", "/v1/orphans", ""))
			for _, quoted := range []string{"1122334", "2233", "sophea"} {
				if strings.Contains(reply.Body, quoted) {
					t.Errorf("%s, %s: %s", field, name, reply.Body)
				}
			}
		}
	}
}

// Without the provider's own number, and without a reference that we made, nobody could ask it.
func TestNumbersThatOnlyWeAndTheProviderMakeAreShown(t *testing.T) {
	ours := string(payout.DeriveID("test", "R1").ProviderReference(1))
	o := payout.Orphaned{ID: payout.DeriveID("test", "R1"), Provider: vexora.Name, Reference: ours, ProviderID: "P2026051612345678", Finding: payout.FoundSucceeded}
	reply, _ := call(t, edge.NewRead(edge.Reader{Library: orphanage{o: o}, Log: quiet}), event("GET", "/v1/orphans", ""))
	if !strings.Contains(reply.Body, ours) || !strings.Contains(reply.Body, o.ProviderID) {
		t.Error(reply.Body)
	}
}
