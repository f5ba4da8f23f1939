package main

import (
	"fmt"
	"io"
	"time"

	"cambodia-payouts/pkg/sandbox"
)

// example is one payout to try. Name becomes the end of the reference.
type example struct{ title, name, body string }

// examples are the payouts of both providers' own pages, and the two that show
// what the service is for. %s is the reference. Their account numbers end in digits that choose a
// script of the sandbox, or in none that do.
var examples = []example{
	{
		"Vexora's own example: 50,000 riel to a LANTON wallet", "lanton",
		`{"reference":"%s","provider":"vexora","amount":"50000","currency":"KHR",` +
			`"destination":{"type":"wallet","wallet":"LANTON","account_id":"lanton_88990011","account_number":"88990011"},` +
			`"beneficiary":{"id":"customer_123","first_name":"Sophea","last_name":"Chan","email":"sophea.chan@example.com","phone":"123456789","ip_address":"198.51.100.47"},` +
			`"description":"May salary"}`,
	},
	{
		"Monetix' own example: 50,000.00 riel to an account at Wing Bank", "wing",
		`{"reference":"%s","provider":"monetix","amount":"50000.00","currency":"KHR",` +
			`"destination":{"type":"bank_account","bank":"wing","account_number":"1234567890","branch":"Banteay Meanchey Branch","city":"Serei Saophoan","province":"Banteay Meanchey"},` +
			`"beneficiary":{"id":"customer_1234","first_name":"John","last_name":"Doe","email":"johndoe@example.com","phone":"123456789","ip_address":"198.51.100.47"}}`,
	},
	{
		"declined by the bank: ends as failed, with the provider's code", "declined",
		`{"reference":"%s","amount":"12.50","currency":"USD",` +
			`"destination":{"type":"bank_account","bank":"aba","account_number":"0000009001"},` +
			`"beneficiary":{"id":"customer_7","first_name":"Dara","last_name":"Sok","email":"dara.sok@example.com","phone":"012 345 678","ip_address":"198.51.100.7"}}`,
	},
	{
		"paid, but the answer is lost: unknown, never failed; a status query settles it, and it is sent once", "lost",
		`{"reference":"%s","amount":"20000","currency":"KHR",` +
			`"destination":{"type":"bank_account","bank":"acleda","account_number":"0000009004"},` +
			`"beneficiary":{"id":"customer_8","first_name":"Bopha","last_name":"Keo","email":"bopha.keo@example.com","phone":"+855 12 345 678","ip_address":"198.51.100.8"}}`,
	},
}

// welcome tells what runs where and what to type. The references carry the time
// of the start: a reference is unique for ever, also on this machine. Each line can be pasted as it
// is, and a test checks that.
func welcome(out io.Writer, address, box string, told merchant, folder string, now time.Time) {
	w := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }
	w("Cambodia Payouts, the whole service on this machine. Ctrl-C stops it.\n")
	w("  service        %s", address)
	w("  sandbox        %s/ledger shows what was really paid", box)
	if told.own {
		w("  merchant       %s is told, signed with WEBHOOK_SECRET", told.URL)
	} else {
		w("  merchant       %s is a webhook that prints the events it gets", told.URL)
	}
	w("  data           %s (payouts, the sandbox's memory, log.jsonl)\n", folder)
	w("In another terminal:\n")
	stamp := now.Format("060102-150405")
	for _, e := range examples {
		reference := stamp + "-" + e.name
		w("# %s", e.title)
		w("curl -sw '\\n' -H 'content-type: application/json' %s/v1/payouts -d '%s'", address, fmt.Sprintf(e.body, reference))
		w("curl -sw '\\n' '%s/v1/payouts?reference=%s'\n", address, reference)
	}
	w("Send one again: the same payout comes back, and nothing is sent. The last four digits")
	w("of the account number choose what the provider does:\n")
	for _, s := range sandbox.Scripts() {
		w("  %s  %s", s.Code, s.Says)
	}
	w("\nAll that happened, as a feed:\n")
	w("curl -sw '\\n' '%s/v1/events'", address)
	w("\nWhat needs a person, and an order that takes two: dara and bopha are registered (the header stands for the signature):\n")
	w("curl -sw '\\n' '%s/v1/payouts?attention=true'", address)
	w("curl -sw '\\n' -H 'content-type: application/json' -H 'X-Local-Person: dara' %s/v1/payouts/PAYOUT_ID/resolve -d '{\"as\":\"reviewed\",\"reason\":\"ticket 7\",\"evidence\":\"statement of today, line 3\"}'", address)
	w("\nWhat happens:\n")
}
