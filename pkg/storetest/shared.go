package storetest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"cambodia-payouts/pkg/payout"
)

// namespaces: a table belongs to one ID_NAMESPACE for ever, since the ids are derived in it.
// Binding it to the same one again is no change: every start does so. Another one is refused, or
// the same references would be other payouts, and would be paid again (decision 0001).
func namespaces(t *testing.T, s payout.Store) {
	for range 2 {
		if err := s.BindNamespace(background, "prod"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.BindNamespace(background, "staging"); !errors.Is(err, payout.ErrNamespace) {
		t.Errorf("another namespace: %v", err)
	}
}

// restores: what was there before the latest restore is never sent by itself, and counts as not
// certain, also when RESTORED_AT is taken away one day (decision 0010). So the time only rises,
// and no other write to the shared state takes it away: neither a pause, nor a note on a list,
// nor a change of the controls.
func restores(t *testing.T, s payout.Store) {
	remembers := func(want time.Time) {
		t.Helper()
		if shared, err := s.Shared(background); err != nil || !shared.RestoredAt.Equal(want) {
			t.Errorf("%v, not %v: %v", shared.RestoredAt, want, err)
		}
	}
	remembers(time.Time{})
	// Told of an earlier restore, or of the same one again, the table keeps the latest.
	for _, told := range []time.Time{start, start.Add(time.Hour), start, start.Add(time.Hour)} {
		if err := s.RememberRestore(background, told); err != nil {
			t.Fatal(err)
		}
	}
	remembers(start.Add(time.Hour))
	pause := payout.Pause{Provider: firstProvider(), Why: "refused_about_us", Since: start, Until: start.Add(time.Minute)}
	if err := s.SavePause(background, pause); err != nil {
		t.Fatal(err)
	}
	if _, err := s.NoteUnsettled(background, payout.Unsettled{Key: "k", ID: "po_1", At: start}, payout.MostUnsettled, start.Add(time.Hour), start.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeControls(background, payout.ControlEntry{Version: 1, At: start, By: "anyone", Reason: "a key leaked", Token: "t", After: payout.Controls{Version: 1, Callbacks: payout.AskFirst}}); err != nil {
		t.Fatal(err)
	}
	remembers(start.Add(time.Hour)) // whatever else is written to the shared state
	if err := s.RememberRestore(background, start.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	remembers(start.Add(2 * time.Hour))
	if shared, err := s.Shared(background); err != nil || len(shared.Pauses) != 1 || shared.UnsettledUntil.IsZero() || shared.Controls.Version != 1 {
		t.Errorf("beside the restore: %+v, %v", shared, err)
	}
}

// pauses: a refusal about us that one process meets must stop the others, or a rotated key runs
// through a whole payroll (decision 0009). A later pause of a provider takes the place of the
// earlier one. Whose payouts brought it comes back in the order of the times: that is the order
// in which they may try the provider again.
func pauses(t *testing.T, s payout.Store) {
	shared, err := s.Shared(background)
	if err != nil || len(shared.Pauses) != 0 || !shared.UnsettledUntil.IsZero() {
		t.Fatalf("an empty shared: %+v, %v", shared, err)
	}
	pause := payout.Pause{Provider: firstProvider(), Why: "refused_about_us", Since: start, Until: start.Add(time.Minute)}
	for range 2 {
		if err := s.SavePause(background, pause); err != nil {
			t.Fatal(err)
		}
	}
	shared, err = s.Shared(background)
	if err != nil || len(shared.Pauses) != 1 || !reflect.DeepEqual(shared.Pauses[firstProvider()], pause) {
		t.Errorf("%+v, %v", shared, err)
	}
	pause.By = "arn:aws:iam::111122223333:role/payroll"
	shared, err = pinnedOn(s, pause)
	if err != nil || !reflect.DeepEqual(shared.Pauses[firstProvider()], pause) {
		t.Errorf("of one caller: %+v, %v", shared, err)
	}
	// A token's subject may be any text, blanks and commas included.
	pause.By, pause.Brought = "", []payout.Bringer{
		{By: "arn:aws:iam::111122223333:role/payroll", At: start.Add(-time.Hour)}, {By: "a token's subject, of any text", At: start},
	}
	shared, err = pinnedOn(s, pause)
	if err != nil || !reflect.DeepEqual(shared.Pauses[firstProvider()], pause) {
		t.Errorf("of two: %+v, %v", shared, err)
	}
}

// pinnedOn is the shared state with a pause.
func pinnedOn(s payout.Store, p payout.Pause) (payout.Shared, error) {
	if err := s.SavePause(background, p); err != nil {
		return payout.Shared{}, err
	}
	return s.Shared(background)
}

// reports: the report of an import is given again as it was, so the first one that was kept
// stays, whole, however large it is. Who sent a statement first is the other way round: the last
// one counts, since a file is as old as its first sender's latest sending (decision 0010).
func reports(t *testing.T, s payout.Store) {
	if _, err := s.FindReport(background, "h"); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("%v", err)
	}
	// Longer than any body: it must come back whole.
	first := evidence(200 << 10)
	if err := errors.Join(s.KeepReport(background, "h", first, keep), s.KeepReport(background, "h", []byte("second"), keep)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.FindReport(background, "h"); err != nil || string(got) != string(first) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := s.FindProposal(background, "h"); !errors.Is(err, payout.ErrNotFound) {
		t.Errorf("a proposal of nobody: %v", err)
	}
	for _, who := range []payout.Person{"Dara", "Bopha"} {
		p := payout.StatementProposal{Person: who, Identity: "arn:sso", By: "arn", At: start}
		if err := s.KeepProposal(background, "h", p, keep); err != nil {
			t.Fatal(err)
		}
		if got, err := s.FindProposal(background, "h"); err != nil || got != p {
			t.Errorf("%+v, %v", got, err)
		}
	}
}
