package vexora

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
)

// The codes of the one wallet that the disbursement page names. Its example pairs
// the wallet with this bank code.
const (
	walletChannel  = "EWALLET"
	walletWay      = "LANTON"
	lantonBankCode = bank.Code("0004")
)

// encoder turns payouts into request bodies.
type encoder struct {
	settings    Settings
	banks       bank.Directory
	callbackURL string
	rules       URLRules
}

// faults collects what Vexora cannot express.
type faults []payout.Fault

func (f *faults) add(pointer string, code payout.FaultCode, message string) {
	*f = append(*f, payout.Fault{Pointer: pointer, Code: code, Message: message})
}

// reach finds channel, way and bank code. Without them there is no route, whatever
// else the payout says.
func (e encoder) reach(d payout.Destination, f *faults) (channel, way string, code bank.Code) {
	if d.Type == payout.WalletDestination {
		return walletChannel, walletWay, lantonBankCode
	}
	entry, known := e.banks.Lookup(bank.Slug(d.Bank))
	if !known || !entry.Routes[Name].Enabled {
		f.add("/destination/bank", payout.UnsupportedBank, "Vexora does not serve this bank, or it is not enabled; see GET /v1/banks")
	}
	if e.settings.BankChannelCode == "" {
		f.add("/destination", payout.ProviderNotConfigured, "Vexora's channel and way code for banks are not set; see the go-live checklist")
	}
	return e.settings.BankChannelCode, e.settings.BankWayCode, entry.Routes[Name].Code
}

// create builds the fields of a disbursement, all of them text, and everything
// that stands against sending them.
func (e encoder) create(p payout.Payout, now time.Time) (map[string]string, []payout.Fault) {
	var f faults
	channel, way, code := e.reach(p.Destination, &f)
	fields := map[string]string{
		"timestamp":                   milliseconds(now),
		"tradeNo":                     string(p.ProviderReference()),
		"amount":                      amountText(p.Amount, &f),
		"firstname":                   p.Beneficiary.FirstName,
		"lastname":                    p.Beneficiary.LastName,
		"mobile":                      e.mobile(p.Beneficiary.Phone, &f),
		"email":                       p.Beneficiary.Email,
		"channelCode":                 channel,
		"wayCode":                     way,
		"bankCode":                    string(code),
		e.settings.AccountNumberField: p.Destination.AccountNumber,
		"notifyUrl":                   e.notifyURL(&f),
	}
	if channel == walletChannel && way == walletWay {
		fields["accountId"] = p.Destination.AccountID // required exactly then
	}
	if p.Description != "" {
		fields["remark"] = p.Description
	}
	separable(p, &f)
	return fields, f
}

// amountText writes whole riel, or dollars with two decimals, as text. A part of a
// riel is refused: rounding it would move money.
func amountText(a money.Amount, f *faults) string {
	if a.Currency() != money.KHR {
		return a.String()
	}
	whole, exact := a.WholeText()
	if !exact {
		f.add("/amount", payout.AmountNotExpressible, "Vexora pays whole riel only")
	}
	return whole
}

// mobile wants 8 to 9 digits without the country code. A foreign number with so many digits
// would read as somebody's in Cambodia.
func (e encoder) mobile(phone string, f *faults) string {
	most := 9
	if e.settings.PhoneDigits == "8" {
		most = 8
	}
	digits, ok := payout.LocalPhone(phone)
	if !ok || payout.ForeignPhone(phone) || len(digits) < 8 || len(digits) > most {
		f.add("/beneficiary/phone", payout.InvalidRequest,
			"Vexora takes Cambodian numbers of "+e.settings.PhoneDigits+" digits after the country code")
	}
	return digits
}

// notifyURL must be HTTPS. Without one no result would be notified.
func (e encoder) notifyURL(f *faults) string {
	if !e.rules.TakesCallbacks(e.callbackURL) {
		f.add("/provider", payout.ProviderNotConfigured, "VEXORA_CALLBACK_URL must be an https address")
	}
	return e.callbackURL
}

// separable refuses what would make the signed text ambiguous: a "=" in a value
// could be read as the start of another field.
func separable(p payout.Payout, f *faults) {
	for pointer, value := range map[string]string{
		"/beneficiary/first_name":     p.Beneficiary.FirstName,
		"/beneficiary/last_name":      p.Beneficiary.LastName,
		"/beneficiary/email":          p.Beneficiary.Email,
		"/destination/account_id":     p.Destination.AccountID,
		"/destination/account_number": p.Destination.AccountNumber,
		"/description":                p.Description,
	} {
		if strings.ContainsFunc(value, func(r rune) bool { return r == '=' || unicode.IsControl(r) }) {
			f.add(pointer, payout.InvalidRequest, `must not contain "=" or control characters: Vexora's signature does not separate fields`)
		}
	}
}

// query builds the fields of a status status query.
func query(about payout.ProviderReference, now time.Time) map[string]string {
	return map[string]string{"tradeNo": string(about), "timestamp": milliseconds(now)}
}

// milliseconds is the text that Vexora wants a time in.
func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// signed signs the fields and writes the body. Member names come out sorted, which
// makes bodies comparable; the order means nothing to Vexora.
func signed(fields map[string]string, a Account) ([]byte, error) {
	fields[signMember] = Sign(fields, a.Secret)
	var body strings.Builder
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // "&" stays itself, as it was signed
	if err := encoder.Encode(fields); err != nil {
		return nil, err
	}
	return []byte(strings.TrimSuffix(body.String(), "\n")), nil
}
