package edge_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

func controls(t *testing.T, d *operator, method, body string) edge.Reply {
	t.Helper()
	e := signed(event(method, "/v1/controls", body), session)
	reply, err := edge.NewOperate(edge.Operate{Operator: d, Log: quiet})(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestAnOrderAboutTheControlsIsRead(t *testing.T) {
	d := &operator{}
	reply := controls(t, d, http.MethodPost,
		`{"reason": "money leaks", "version": 0, "submissions": {"all": "held", "vexora": "open"}, "caps": {"KHR": "1000", "USD": null}, "callbacks": "ask"}`)
	most, _ := money.Parse("1000", money.KHR)
	seen := 0
	want := payout.ControlOrder{
		By: "arn:aws:iam::111122223333:role/finance", Identities: []payout.Principal{"arn:aws:iam::111122223333:role/finance"},
		Reason: "money leaks", Seen: &seen,
		Change: payout.ControlChange{
			Submissions: map[payout.Scope]payout.Gate{"all": "held", "vexora": "open"},
			Caps:        map[money.Currency]money.Amount{money.KHR: most, money.USD: {}}, Callbacks: payout.AskFirst,
		},
	}
	if reply.StatusCode != http.StatusOK || !reflect.DeepEqual(d.pulled, want) {
		t.Errorf("%d %+v\nwant %+v", reply.StatusCode, d.pulled, want)
	}
	d.set.Awaiting = true
	if reply := controls(t, d, http.MethodPost, `{"reason": "mended", "submissions": {"all": "open"}}`); reply.StatusCode != http.StatusAccepted {
		t.Errorf("waits for a second person: %d", reply.StatusCode)
	}
}

func TestAnOrderAboutTheControlsThatCannotBeRead(t *testing.T) {
	for body, pointer := range map[string]string{
		`{"reason": "x", "submission": {"all": "held"}}`: "/submission",
		`{"reason": "x", "version": -1}`:                 "/version",
		`{"reason": "x", "version": "1"}`:                "/version",
		`{"reason": "x", "caps": {"KHR": 1000}}`:         "/caps/KHR",
		`{"reason": "x", "caps": {"EUR": "1000"}}`:       "/caps/EUR",
		`{"reason": "x", "caps": {"KHR": "-1"}}`:         "/caps/KHR",
		`{"reason": "x", "caps": []}`:                    "/caps",
		`{"reason": "x", "submissions": "held"}`:         "/submissions",
	} {
		d := &operator{}
		reply := controls(t, d, http.MethodPost, body)
		if reply.StatusCode != http.StatusBadRequest || !strings.Contains(reply.Body, `"`+pointer+`"`) || d.pulled.By != "" {
			t.Errorf("%s: %d %s", body, reply.StatusCode, reply.Body)
		}
	}
	if reply := controls(t, &operator{}, http.MethodPut, `{}`); reply.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", reply.StatusCode)
	}
	unsigned := event(http.MethodPost, "/v1/controls", `{"reason": "money leaks", "callbacks": "ask"}`)
	reply, _ := edge.NewOperate(edge.Operate{Operator: &operator{}, Log: quiet})(context.Background(), unsigned)
	if reply.StatusCode != http.StatusForbidden {
		t.Errorf("nobody's order: %d", reply.StatusCode)
	}
}

func TestTheControlsShowWhatIsInForceAndWhy(t *testing.T) {
	most, _ := money.Parse("1000", money.KHR)
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	d := &operator{room: payout.ControlRoom{
		Controls: payout.Controls{Version: 2, Submissions: map[payout.Scope]payout.Gate{"vexora": payout.GateHeld}, Caps: map[money.Currency]money.Amount{money.KHR: most}},
		Floor:    payout.Floor{Held: map[payout.Provider]payout.QueuedReason{monetix.Name: payout.QueuedPaused}},
		Pauses:   map[payout.Provider]payout.Pause{monetix.Name: {Provider: monetix.Name, Why: "refused_about_us", By: "arn", Since: at, Until: at.Add(time.Minute)}},
		Proposals: []payout.ControlProposal{
			{Person: "Dara", By: "arn", At: at, Reason: "mended", Change: payout.ControlChange{Caps: map[money.Currency]money.Amount{money.KHR: {}}}},
			{Person: "Bopha", By: "arn", At: at, Reason: "no leak", Change: payout.ControlChange{Callbacks: payout.Believe}},
		},
		Changes: []payout.ControlEntry{{Version: 2, At: at, By: "arn", Reason: "money leaks", Person: "Bopha", Second: "Dara"}},
	}}
	reply := controls(t, d, http.MethodGet, "")
	var got map[string]any
	if err := json.Unmarshal([]byte(reply.Body), &got); err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", reply.StatusCode, err)
	}
	for _, of := range []string{"submissions", "in_force"} { // the providers of a build with more than two
		maps.DeleteFunc(got[of].(map[string]any), func(name string, _ any) bool { return !slices.Contains([]string{"all", "monetix", "vexora"}, name) })
	}
	want := `{"version":2,"submissions":{"all":"open","monetix":"open","vexora":"held"},"caps":{"KHR":"1000.00"},"callbacks":"believe",` +
		`"in_force":{"monetix":"held","vexora":"held"},"held_by":{"monetix":["paused"],"vexora":["controls"]},` +
		`"pauses":[{"provider":"monetix","why":"refused_about_us","created_by":"arn","since":"2026-05-16T08:00:00.000Z","until":"2026-05-16T08:01:00.000Z"}],` +
		`"awaiting":{"change":{"caps":{"KHR":null}},"by":"arn","person":"Dara","reason":"mended","at":"2026-05-16T08:00:00.000Z"},` +
		`"proposals":[{"change":{"caps":{"KHR":null}},"by":"arn","person":"Dara","reason":"mended","at":"2026-05-16T08:00:00.000Z"},` +
		`{"change":{"callbacks":"believe"},"by":"arn","person":"Bopha","reason":"no leak","at":"2026-05-16T08:00:00.000Z"}],` +
		`"changes":[{"version":2,"at":"2026-05-16T08:00:00.000Z","by":"arn","person":"Bopha","proposed_by":"Dara","reason":"money leaks","before":{"callbacks":"believe"},"after":{"callbacks":"believe"}}]}`
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil || !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s\nwant %s", reply.Body, want)
	}
}

func TestTheControlsOfARestoredTableSayWhyEverythingIsHeld(t *testing.T) {
	at := time.Date(2026, 5, 16, 8, 0, 0, 0, time.UTC)
	d := &operator{room: payout.ControlRoom{
		Controls: payout.Controls{
			Submissions: map[payout.Scope]payout.Gate{payout.Everything: payout.GateHeld, "vexora": payout.GateHeld}, Callbacks: payout.AskFirst,
		},
		RestoredAt: at,
	}}
	var got struct {
		Submissions map[string]string
		Callbacks   string
		InForce     map[string]string   `json:"in_force"`
		HeldBy      map[string][]string `json:"held_by"`
		Restored    struct{ At, Detail string }
	}
	if err := json.Unmarshal([]byte(controls(t, d, http.MethodGet, "").Body), &got); err != nil {
		t.Fatal(err)
	}
	held, by := map[string]string{"all": "held"}, map[string][]string{}
	for _, p := range payout.Providers() {
		held[string(p)], by[string(p)] = "held", []string{"restored_at"}
	}
	by["vexora"] = []string{"controls", "restored_at"}
	if !reflect.DeepEqual(got.Submissions, held) || got.Callbacks != "ask" || !reflect.DeepEqual(got.HeldBy, by) ||
		got.Restored.At != "2026-05-16T08:00:00.000Z" || !strings.Contains(got.Restored.Detail, "one order") {
		t.Errorf("%+v", got)
	}
}

func TestAnIncompleteReleaseSaysWhatIsMissing(t *testing.T) {
	d := &operator{err: &payout.OrderRefused{Problem: payout.OrderIncomplete, Detail: "Missing: /caps/USD", Faults: []payout.Fault{{Pointer: "/caps/USD"}}}}
	reply := controls(t, d, http.MethodPost, `{"reason": "accounted for", "version": 0, "submissions": {"all": "open"}}`)
	if reply.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(reply.Body, `"release-incomplete"`) || !strings.Contains(reply.Body, `"pointer":"/caps/USD"`) {
		t.Errorf("%d %s", reply.StatusCode, reply.Body)
	}
}
