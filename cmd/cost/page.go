package main

import (
	"fmt"
	"strings"
)

// Assumptions about what no local run can tell. Durations are no measurements: what the page says
// of them is only as good as these figures. Those that count parts of the stack are compared with
// the template by a test.
const (
	memoryMB        = 512
	createMillis    = 1_200 // mostly the provider's answer
	callbackMillis  = 25
	notifyMillis    = 250 // a batch; two events and their answers
	sweepMillis     = 400
	logBytesCreate  = 900
	logBytesOthers  = 600
	sweepsAMonth    = 43_200
	alarms          = 55
	alarmMetrics    = 80 // an alarm costs by the metrics that it watches
	metrics         = 15 // the review queue's, and the lag
	secretsOfStack  = 5
	payoutsPerMonth = 1_000_000
)

// page is docs/cost.md. Its sentences are here and not in a template, since most of them hold a
// figure.
func page(u usage, p prices) string {
	var out strings.Builder
	w := func(format string, values ...any) { fmt.Fprintf(&out, format, values...) }
	w("# What a million payouts cost\n\n")
	w("Printed by `make cost`; do not edit. Requests and units are counted: payouts of both providers run through the functions' own code, every request to the table is watched, items are sized before and after it, and DynamoDB's rules applied (1 KB per write unit, 4 KB per read unit, one unit for each index row that comes or goes). Prices are those of %s, us-east-1, in `cmd/cost/prices.csv`; Singapore is 10 to 40 %% dearer. Check them before you rely on the sums.\n\n", pricesOf)
	w("## The table, per payout\n\n| | requests | write units | read units | $ per million |\n|---|---|---|---|---|\n")
	var total int64
	for _, ph := range []phase{creating, calling, telling, confirming, forgetting} {
		total += row(w, u, p, ph)
	}
	w("| **one payout that goes well** | | | | **%s** |\n", dollars(total))
	// The telling in a burst stands in place of that of the quiet run, so only the difference is
	// added.
	more := row(w, u, p, bursting) - price(u, p, telling)
	for _, ph := range []phase{replaying, reading, feeding} {
		row(w, u, p, ph)
	}
	w("\nA usual finished item has %d bytes. ", u.stored)
	// It is divided in two steps, since the product of bytes, payouts and nano-dollars comes near
	// to what 64 bits hold.
	stored := int64(u.stored) * payoutsPerMonth / 1_000 * (p["stored_gb_month"] + p["backup_gb_month"]) / 1_000_000
	w("A million of them cost %s $ a month to keep, backups included.\n\n", dollars(stored))
	rest := everythingElse(w, p, total)
	fixed := standing(w, u, p)
	w("## In all\n\n**%s $ for a million payouts** that go well, and **%s $ a month** for a stack in which nothing happens. ", dollars(total+rest), dollars(fixed))
	w("**%s $ for a million** that come in bursts: eight processes of notify-merchant then take numbers of the feed from each other, counted with one request each in turn. ", dollars(total+more+rest))
	w("Without a webhook the telling costs the same but for the attempts: the feed is always kept. A fixed egress address is about 66 $ a month beside that (two NATs), and 0.045 $ per GB.\n")
	return out.String()
}

// row writes one phase and returns its price for a million.
func row(w func(string, ...any), u usage, p prices, ph phase) int64 {
	used, per, nano := u.used[ph], u.per[ph], price(u, p, ph)
	w("| %s | %s | %s | %s | %s |\n", ph, tenths(used.requests, per), tenths(used.writes, per), tenths(used.halfReads, 2*per), dollars(nano))
	return nano
}

// price is what a phase of a million payouts costs at the table. The division comes last, so that
// no fraction of a nano-dollar is lost a million times.
func price(u usage, p prices, ph phase) int64 {
	return (u.used[ph].writes*p["wru"]*2 + u.used[ph].halfReads*p["rru"]) * payoutsPerMonth / (2 * u.per[ph])
}

// tenths writes a ratio with one decimal, rounded up: a cost is never made smaller.
func tenths(n, per int64) string {
	t := (10*n + per - 1) / per
	if t%10 == 0 {
		return fmt.Sprint(t / 10)
	}
	return fmt.Sprintf("%d.%d", t/10, t%10)
}

// everythingElse prices what surrounds the table, from the assumed durations, and returns the sum
// for a million.
func everythingElse(w func(string, ...any), p prices, table int64) int64 {
	// Lambda charges each request, and memory by time.
	lambda := func(millis int64) int64 {
		return p["lambda_request"] + p["lambda_gb_second"]*millis*memoryMB/1024/1000
	}
	// Three invocations beside the create write lines: the callback's and two of the notifier.
	logs := p["log_gb"] * (logBytesCreate + 3*logBytesOthers) / 1_000_000_000
	parts := []struct {
		what string
		nano int64
	}{
		{"API: one create", p["api_request"]},
		{fmt.Sprintf("create-payout, %d ms of %d MB", createMillis, memoryMB), lambda(createMillis)},
		{fmt.Sprintf("callback function, %d ms", callbackMillis), lambda(callbackMillis)},
		{fmt.Sprintf("notify-merchant, twice %d ms", notifyMillis), 2 * lambda(notifyMillis)},
		{fmt.Sprintf("logs, %d bytes", logBytesCreate+3*logBytesOthers), logs},
	}
	w("## Everything else, per payout\n\nDurations and log sizes are assumed.\n\n| | $ per million |\n|---|---|\n")
	var total int64
	for _, part := range parts {
		w("| %s | %s |\n", part.what, dollars(part.nano*payoutsPerMonth))
		total += part.nano * payoutsPerMonth
	}
	w("| the table, from above | %s |\n\n", dollars(table))
	return total
}

// standing is what a month costs in which nothing happens. It is what somebody pays who deploys
// the service and sends nothing.
func standing(w func(string, ...any), u usage, p prices) int64 {
	idle := u.used[idling]
	table := (idle.writes*p["wru"]*2 + idle.halfReads*p["rru"]) * sweepsAMonth / 2
	function := (p["lambda_request"] + p["lambda_gb_second"]*sweepMillis*memoryMB/1024/1000 + p["schedule_start"]) * sweepsAMonth
	logs := p["log_gb"] * logBytesOthers * 2 / 1_000_000_000 * sweepsAMonth
	watched := alarmMetrics*p["alarm_month"] + p["composite_month"] + metrics*p["metric_month"]
	w("## A month of standing still\n\n| | $ a month |\n|---|---|\n")
	w("| %d sweeps: %d requests and %s read units each | %s |\n", sweepsAMonth, idle.requests, tenths(idle.halfReads, 2), dollars(table))
	w("| their function, schedule and logs | %s |\n", dollars(function+logs))
	w("| %d secrets | %s |\n", secretsOfStack, dollars(secretsOfStack*p["secret_month"]))
	w("| %d alarms on %d metrics, one composed of them, %d metrics of ours | %s |\n\n", alarms, alarmMetrics, metrics, dollars(watched))
	return table + function + logs + secretsOfStack*p["secret_month"] + watched
}
