package payout

import (
	"time"
)

// Message is one event for the webhook.
type Message struct {
	ID   EventID // the same in every attempt
	Body []byte  // the event as JSON, the same in every attempt
}

// DeliveryResult says what became of an attempt.
type DeliveryResult string

// The results of an attempt.
const (
	Delivered DeliveryResult = "delivered" // any 2xx
	Declined  DeliveryResult = "declined"  // this event was not taken; another one may be
	Down      DeliveryResult = "down"      // nobody there, or nobody well
	Gone      DeliveryResult = "gone"      // 410: it wants no more
	Postponed DeliveryResult = "postponed" // no attempt was made
)

// Delivery is the outcome of one attempt.
type Delivery struct {
	Result     DeliveryResult
	RetryAfter time.Duration // what the endpoint asked for; zero: nothing
	Detail     string        // ours, for the log
}

// EndpointPause is the name by which the breaker knows the webhook, as if it were a
// provider: five attempts in a row that nobody answers hold the next ones back.
const EndpointPause Provider = "webhook"
