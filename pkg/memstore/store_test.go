package memstore_test

import (
	"testing"

	"cambodia-payouts/pkg/memstore"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/storetest"
	_ "cambodia-payouts/pkg/wire" // which registers the providers that the suite picks from
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(*testing.T) payout.Store { return memstore.New() })
}
