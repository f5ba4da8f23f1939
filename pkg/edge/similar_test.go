package edge_test

import (
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
)

// Whoever may read sees who created the payout that holds another one. Whoever may create, and
// perhaps read nothing, is not told what others pay.
func TestWhoCreatedTheSimilarPayoutIsForReaders(t *testing.T) {
	p := some(t, payout.Queued)
	p.SimilarTo, p.SimilarBy = payout.DeriveID("test", "R0"), "arn:aws:iam::111122223333:role/other"
	p.Similar = []payout.Similar{payout.SimilarOf(p.SimilarTo, 1, 1), payout.SimilarOf(payout.DeriveID("test", "R00"), 2, 1)}
	_, read := call(t, edge.NewRead(edge.Reader{Library: stored{p: p}, Log: quiet}), event("GET", "/v1/payouts/"+string(id), ""))
	if read["similar_to"] != string(p.SimilarTo) || read["similar_by"] != string(p.SimilarBy) {
		t.Errorf("a reader: similar to %v by %v", read["similar_to"], read["similar_by"])
	}
	if all, _ := read["similar_ids"].([]any); len(all) != 2 || all[1] != string(p.Similar[1].ID()) {
		t.Errorf("a reader: all that hold it are %v", read["similar_ids"])
	}
	for _, replayed := range []bool{false, true} {
		_, made := call(t, edge.NewCreate(creator(func(payout.Draft, payout.Principal) (payout.Created, error) {
			return payout.Created{Payout: p, Replayed: replayed}, nil
		}), quiet), event("POST", "/v1/payouts", goodBody))
		if _, counted := made["similar_ids"]; counted {
			t.Errorf("whoever creates it, replayed %v, is told how many others there are", replayed)
		}
		if _, told := made["similar_by"]; told || made["similar_to"] != string(p.SimilarTo) {
			t.Errorf("whoever creates it, replayed %v: similar to %v by %v", replayed, made["similar_to"], made["similar_by"])
		}
	}
}
