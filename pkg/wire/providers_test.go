package wire_test

import (
	"testing"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/wire"
)

func TestEveryProviderSaysWhatIsKnownAboutRecovery(t *testing.T) {
	for _, p := range wire.Providers() {
		r := p.Facts().Recovery
		if r.RefusesRepeats == "" || r.MayResend == "" || r.AbsentMeansNotSent == "" {
			t.Errorf("%s: %+v", p.Facts().Name, r)
		}
		if r.AbsentMeansNotSent == payout.Documented {
			t.Errorf("%s: no page lets \"not found\" decide about money", p.Facts().Name)
		}
	}
}

// A name twice, or one that could not be stored, is a programmer's mistake.
func TestAProviderIsRegisteredOnce(t *testing.T) {
	for _, name := range []payout.Provider{wire.Providers()[0].Facts().Name, "", "Two words", "all_"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was registered", name)
				}
			}()
			payout.Register(payout.ProviderFacts{Name: name})
		}()
	}
}

// Only codes of a provider's own page are enabled: three banks, at Monetix.
func TestTheEmbeddedDirectoryIsReadByEveryProvider(t *testing.T) {
	banks, err := wire.Banks(nil)
	if err != nil {
		t.Fatal(err)
	}
	enabled := map[payout.Provider]int{}
	for _, b := range banks.All() {
		for name, route := range b.Routes {
			if route.Enabled {
				enabled[name]++
			}
		}
	}
	if len(banks.All()) != 74 || enabled["monetix"] != 3 || len(enabled) != 1 {
		t.Errorf("%d banks, enabled %v", len(banks.All()), enabled)
	}
	if _, err := wire.Banks(map[bank.Slug]bank.Override{"aba": {"other_code": []byte("1")}}); err == nil {
		t.Error("a member of no provider was taken")
	}
}
