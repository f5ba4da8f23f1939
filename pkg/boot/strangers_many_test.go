package boot_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cambodia-payouts/pkg/boot"
	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/payout"
)

// TestOneGenuineCallbackMakesFewOrphansAndEntries: it is cut in every way that keeps its signed
// text. Few of them are kept.
func TestOneGenuineCallbackMakesFewOrphansAndEntries(t *testing.T) {
	store := newShelf()
	h := callbacks(t, store)[monetix.Name]
	p := prey(t, store, monetix.Name, false)
	posts := 0
	for _, body := range allCuts(p) {
		if post(t, h, body) == 200 {
			posts++
		}
	}
	after := store.items[p.ID]
	t.Logf("%d cuts were acknowledged: %d orphans, %d entries, %d dropped, attention %v, %s", posts, len(store.orphans), len(after.History), after.HistoryDropped, after.Attention.Reasons(), after.Status)
	if len(store.orphans) > 3 || len(after.History)+after.HistoryDropped > 8 {
		t.Errorf("one signed text made %d orphans and %d entries", len(store.orphans), len(after.History)+after.HistoryDropped)
	}
}

// TestOneGenuineCallbackVoidsNoOrderForTwo: after its cuts have filled the room for notes,
// one of them, posted between the two orders, voids the first one each time.
func TestOneGenuineCallbackVoidsNoOrderForTwo(t *testing.T) {
	d, h, _ := operating(t, map[string]string{"people": peopleDocument})
	callback, err := boot.Assemble(d, boot.CallbackConfig{Provider: monetix.Provider, Storage: boot.Storage{Namespace: "dev"}, SecretID: "monetix"}).Callback(t.Context(), monetix.Provider)
	if err != nil {
		t.Fatal(err)
	}
	door := edge.NewCallback(callback)
	p := seeded(t, d, seededID, payout.Processing, monetix.Name)
	bodies := allCuts(p)
	for _, body := range bodies {
		post(t, door, body)
	}
	// the last cut about the payout itself, which found no room
	last := ""
	for _, body := range bodies {
		before, _ := d.Store.Get(t.Context(), p.ID)
		post(t, door, body)
		if after, _ := d.Store.Get(t.Context(), p.ID); after.HistoryDropped > before.HistoryDropped {
			last = body
		}
	}
	now, _ := d.Store.Get(t.Context(), p.ID)
	t.Logf("%s, history %d, dropped %d, attention %v", now.Status, len(now.History), now.HistoryDropped, now.Attention.Reasons())
	answers := []string{}
	for round := range 6 {
		code, m, _ := orderAs(t, h, []string{ofDara, ofBopha}[round%2], "POST", "/v1/payouts/"+string(p.ID)+"/resolve", "", `{"as":"reviewed","reason":"looked into","evidence":"ticket 1"}`)
		answers = append(answers, fmt.Sprint(code, " ", m["code"]))
		if last != "" {
			post(t, door, last)
		}
		if code == 200 {
			return
		}
	}
	t.Errorf("two people gave the same order six times: %s", strings.Join(answers, ", "))
}

// allCuts are the cuts of one genuine callback, the genuine one among them.
func allCuts(p payout.Payout) (all []string) {
	for code := range 4 {
		for status := range 3 {
			for kind := range 2 {
				for php := range 2 {
					for name := range 2 {
						for id := range 2 {
							tree := genuineMonetix(p, func(_, _, _ map[string]any) {})
							pay, o := tree["payment"].(map[string]any), tree["operation"].(map[string]any)
							for n, member := range []string{"created_date", "date", "id"} {
								if n < code {
									o["code"] = fmt.Sprint(o["code"], ";operation:", member, ":", o[member])
									delete(o, member)
								}
							}
							if status > 0 {
								o["status"] = o["status"].(string) + ";operation:sum_converted:amount:5000000"
								o["sum_converted"] = map[string]any{"currency": "KHR"}
							}
							if status > 1 {
								o["status"] = o["status"].(string) + ";operation:sum_converted:currency:KHR"
								delete(o, "sum_converted")
							}
							if kind > 0 {
								o["type"] = "payout;payment:date:" + date2
								delete(pay, "date")
							}
							if php > 0 {
								pay["sum"] = map[string]any{"amount": json.Number("5000000.0"), "currency": "KHR"}
							}
							if name > 0 {
								tree["customer:id"] = "c"
								delete(tree, "customer")
							}
							if id > 0 {
								pay["id"] = fmt.Sprint(pay["id"], ";payment:method:Banks Cambodia")
								delete(pay, "method")
							}
							body, _ := json.Marshal(tree)
							all = append(all, string(body))
						}
					}
				}
			}
		}
	}
	return all
}
