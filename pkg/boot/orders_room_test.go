package boot_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/vexora"
)

// threePeople is a register with a session of single sign-on for each of three.
var threePeople = fmt.Sprintf(`{"people": [{"name": "Dara", "principals": [%q]}, {"name": "Bopha", "principals": [%q]}, {"name": "Sok", "principals": [%q]}]}`,
	sessionOf("dara"), sessionOf("bopha"), sessionOf("sok"))

func sessionOf(who string) string {
	return "arn:aws:sts::" + account + ":assumed-role/" + permissionSet + "/" + who
}

const bankSaysSo = `{"as":"succeeded","reason":"the bank says so","evidence":"letter of the bank of the 16th of May"}`

// resolved has two people resolve a payout, over the API.
func resolved(t *testing.T, name string, h edge.Handler, id payout.ID, first, second string) {
	t.Helper()
	path := "/v1/payouts/" + string(id) + "/resolve"
	c1, m1, _ := orderAs(t, h, first, http.MethodPost, path, "", bankSaysSo)
	c2, m2, _ := orderAs(t, h, second, http.MethodPost, path, "", bankSaysSo)
	if c1 != http.StatusAccepted || c2 != http.StatusOK {
		t.Errorf("%s: the first is answered %d (%v), the second %d (%v)", name, c1, m1["detail"], c2, m2["detail"])
	}
}

func TestOrdersThatNameColleaguesAreNotCountedAsTheirs(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": threePeople})
	seeded(t, d, seededID, payout.Unknown, vexora.Name)
	path := "/v1/payouts/" + string(seededID) + "/resolve"
	for n := range 8 {
		body := fmt.Sprintf(`{"as":"failed","reason":"as was proposed by Bopha: and proposed by Sok: yes","evidence":"ticket %d"}`, n)
		if code, m, _ := orderAs(t, h, sessionOf("dara"), http.MethodPost, path, "", body); code != http.StatusAccepted {
			t.Fatal(n, code, m["detail"])
		}
	}
	resolved(t, "after eight orders of Dara", h, seededID, sessionOf("bopha"), sessionOf("sok"))
}

// The largest texts of one person: each order that waits can be read, and two others still agree.
func TestOrdersOfOnePersonFillNoRoomOfOthersAndCanBeRead(t *testing.T) {
	for _, sizes := range [][]int{{4000}, {4000, 4000, 4000, 2400}, {4000, 2800, 1400, 700, 300}, {1000}} {
		d, h, _ := operating(t, map[string]string{"people": threePeople})
		seeded(t, d, seededID, payout.Unknown, vexora.Name)
		base := "/v1/payouts/" + string(seededID)
		for n := range 12 {
			evidence := fmt.Sprint(n, " ", strings.Repeat("x", 4000))[:sizes[min(n, len(sizes)-1)]]
			code, _, _ := orderAs(t, h, sessionOf("dara"), http.MethodPost, base+"/resolve", "", fmt.Sprintf(`{"as":"failed","reason":"whatever","evidence":%q}`, evidence))
			p, _ := d.Store.Get(t.Context(), seededID)
			read, _, _ := orderAs(t, h, sessionOf("bopha"), http.MethodGet, fmt.Sprint(base, "/evidence/", len(p.History)), "", "")
			if code == http.StatusAccepted && read != http.StatusOK {
				t.Errorf("%v: order %d waits for a second person, who cannot read it: %d", sizes, n, read)
			}
		}
		resolved(t, fmt.Sprint(sizes), h, seededID, sessionOf("bopha"), sessionOf("sok"))
	}
}

// What one may order alone at Monetix, by somebody whom the register does not name.
func TestOrdersOfAStrangerLeaveRoomForTwoPeople(t *testing.T) {
	for name, reason := range map[string]string{"evidence": "again", "names": "was proposed by Dara: and proposed by Bopha: ok", "neither": "again"} {
		d, creates, _ := creating(t, nil, func(string) (int, string) {
			return 400, `{"status":"error","code":"3041","message":"Payment ID already exists"}`
		})
		operate, err := boot.Assemble(d, read[boot.OperateConfig](t, environment())).Operator(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		h := edge.NewOperate(operate)
		_, m := create(t, creates, ofStranger, bankAccount("odd", "KHR", "10000009"))
		id := payout.ID(fmt.Sprint(m["id"]))
		for n := range 40 {
			evidence := ""
			if name == "evidence" {
				evidence = fmt.Sprint(n, " ", strings.Repeat("x", 4000))[:[]int{4000, 4000, 4000, 2000, 1000, 500, 200, 100, 50, 10}[n%10]]
			}
			orderAs(t, h, ofStranger, http.MethodPost, "/v1/payouts/"+string(id)+"/resend", "", fmt.Sprintf(`{"reason":%q,"evidence":%q}`, reason, evidence))
		}
		resolved(t, name, h, id, ofDara, ofBopha)
	}
}
