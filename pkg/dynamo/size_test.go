package dynamo_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// stored is how many bytes a payout takes in the table.
func stored(t *testing.T, p payout.Payout) int {
	t.Helper()
	r := &recorder{}
	if err := dynamo.New(r, "t").Insert(context.Background(), p, payout.Whenever); err != nil {
		t.Fatal(err)
	}
	return dynamo.ItemSize(r.put.Item)
}

// longest is a payout of which every field but the history is as long as it can become.
func longest(t *testing.T) payout.Payout {
	t.Helper()
	sum, err := money.Parse("99999999999.99", money.KHR)
	if err != nil {
		t.Fatal(err)
	}
	name, principal := strings.Repeat("\U0001F4B8", 100), payout.Principal(strings.Repeat("a", 256))
	later := at.Add(time.Minute)
	p := payout.Payout{
		ID: payout.DeriveID("prod", "R"), Reference: payout.Reference(strings.Repeat("R", 64)), Provider: monetix.Name, Attempt: 99,
		Status: payout.Submitting, ProviderID: strings.Repeat("n", 128), Amount: sum,
		Destination: payout.Destination{
			Type: payout.BankDestination, Bank: strings.Repeat("b", 40), AccountNumber: strings.Repeat("1", 34), Branch: name, City: name, Province: name,
		},
		Beneficiary: payout.Beneficiary{
			ID: strings.Repeat("c", 100), FirstName: name, LastName: name, Email: strings.Repeat("e", 254),
			Phone: strings.Repeat("1", 64), IPAddress: "1111:1111:1111:1111:1111:1111:255.255.255.255",
		},
		Description: strings.Repeat("d", 128), Metadata: map[string]string{}, CreatedBy: principal,
		Fingerprint: payout.Fingerprint(strings.Repeat("f", 66)),
		Failure:     &payout.Failure{Code: payout.FailureConfigured, ProviderCode: strings.Repeat("c", 64), Message: strings.Repeat("m", 160)},
		Return:      &payout.Return{At: at, ProviderCode: strings.Repeat("c", 64), Message: strings.Repeat("m", 160)},
		Attention:   payout.Attention{},
		Proposal: payout.Proposal{
			Action: payout.ResendEvent, As: payout.ResolvedSucceeded, By: principal, Person: payout.Person(strings.Repeat("p", 100)),
			Identity: payout.Principal(strings.Repeat("i", 512)), At: at, Evidence: strings.Repeat("e", 64), Attempt: 99, Entries: 1 << 30,
		},
		SimilarTo: payout.DeriveID("prod", "S"), SimilarBy: principal, QueuedReason: payout.QueuedRefusedUs, RecipientOwed: true, HistoryDropped: 1 << 30,
		Recipient: payout.RecipientKey(strings.Repeat("r", 24)),
		CreatedAt: at, UpdatedAt: at, CompletedAt: at, RedactedAt: at, StatusAt: at, Sent: 999, SubmittedAt: at,
		Lease: payout.Lease{Token: strings.Repeat("t", 40), Until: later}, QueryAt: later, DueAt: later, Polls: 1 << 30, AskedAt: at, AnsweredAt: at,
		Notice: payout.Notice{
			At: later, Fed: 200, Tried: 200, Fresh: true, Failures: 1000, Lease: payout.Lease{Token: strings.Repeat("t", 40), Until: later}, Unclear: at,
		},
		Version: 1 << 40, Taken: 1 << 40,
	}
	for n := range 10 {
		p.Metadata[fmt.Sprint(n)+strings.Repeat("k", 49)] = strings.Repeat("v", 52)
	}
	for _, reason := range payout.Reasons {
		p.Attention[reason] = at
	}
	for n := range 150 { // three events of each entry
		p.Notice.Owed = append(p.Notice.Owed, 100+n)
	}
	for range 30 {
		p.Unwritten = append(p.Unwritten, strings.Repeat("k", 12))
	}
	for n := range payout.MostListed {
		p.Similar, p.Beside = append(p.Similar, payout.SimilarOf(payout.DeriveID("prod", payout.Reference(fmt.Sprint(n))), 99, 99)), n
	}
	p.Inquiries = map[payout.Attempt]payout.Inquiry{}
	for attempt := range payout.Attempt(3) {
		p.Inquiries[97+attempt] = longestInquiry
	}
	for facts := 0; facts < 1600; facts += 8 {
		p.Heard = append(p.Heard, payout.Fact(fmt.Sprintf("%d.fact", 10+facts/8%90)))
	}
	return p
}

var longestInquiry = payout.Inquiry{Open: true, Marked: 1 << 40, Tries: 8, AskedAt: at, Due: at, Called: payout.DoublePaymentSuspected, OpenedAt: at, Confirms: true}

// letters do not compress to less than three quarters.
func letters(random *rand.Rand, n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(text)
}

func TestNoPayoutTakesMoreThanItsSizeSays(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 19))
	upTo := func(n int) string { return letters(random, random.IntN(n+1)) }
	for n := range 80 {
		p := longest(t)
		if n%2 == 1 {
			p = finished(t, monetix.Name)
		}
		p.Answered = map[payout.Attempt]string{}
		for attempt := range payout.Attempt(random.IntN(payout.HistoryLimit)) {
			p.Answered[10+attempt] = strings.Repeat("n", 128)
			if p.Inquiries != nil {
				p.Inquiries[10+attempt] = longestInquiry
			}
			entry := payout.Entry{
				At: at, Source: payout.FromStatement, Status: payout.Submitting, Finding: payout.FoundProcessing,
				ProviderCode: upTo(64), Message: upTo(160), By: payout.Principal(upTo(256)), Proposer: payout.Person(upTo(100)), ClaimKey: letters(random, 12),
				Evidence: letters(random, 64), Confirmed: random.IntN(2) == 0,
			}
			if random.IntN(3) == 0 {
				entry.Raised = slices.Clone(payout.Reasons[:random.IntN(6)])
				entry.Cleared = slices.Clone(payout.Reasons[5:])
			}
			if random.IntN(4) == 0 {
				entry.Raw = []byte(upTo(payout.BodyLimit))
			}
			p.History = append(p.History, entry)
		}
		if size := stored(t, p); size > p.Size() {
			t.Errorf("case %d, %d entries: %d bytes, and the domain counts with %d", n, len(p.History), size, p.Size())
		}
	}
	p := longest(t)
	p.History = nil
	t.Logf("without a history: %d bytes of %d counted; heard takes %d facts", stored(t, p), p.Size(), len(p.Heard))
	if slack := p.Size() - stored(t, p); slack > 1024 {
		t.Errorf("the domain counts %d bytes that nothing can take", slack)
	}
}
