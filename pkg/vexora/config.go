package vexora

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/secrets"
)

// ErrNotConfigured says that the secret is still the template's placeholder.
var ErrNotConfigured = fmt.Errorf("vexora: %w", secrets.ErrNotConfigured)

// Account is one merchant number. No message of Vexora's names a currency: the
// account decides, and so there is one per currency.
type Account struct {
	BaseURL    *url.URL
	MerchantNo string
	Secret     secrets.Secret
}

// Credentials are the accounts by currency; at least one.
type Credentials map[money.Currency]Account

// What every room does alike, over these credentials and settings.
type (
	// Keys are rotating credentials; *secrets.Cache is one.
	Keys = provider.Keys[Credentials]
	// Options are the parts of a client.
	Options = provider.Parts[Credentials, Settings]
	// URLRules say which addresses besides https are acceptable.
	URLRules = provider.URLRules
)

// merchantNoFormat is wider than the ten digits of Vexora's general pages: what the
// header carries is Vexora's to decide, and only its shape is ours to guard.
var merchantNoFormat = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ParseCredentials reads the secret's document:
//
//	{"KHR": {"base_url": "https://…", "merchant_no": "…", "app_secret": "…"}, "USD": {…}}
//
// It reports every fault at once, and no error holds a part of the document.
func ParseCredentials(document []byte, rules URLRules) (Credentials, error) {
	if secrets.IsPlaceholder(string(document)) {
		return nil, ErrNotConfigured
	}
	tree, err := jsontree.Parse(document, jsontree.DefaultLimits)
	if err != nil || tree.Kind() != jsontree.Object {
		return nil, errors.New("vexora secret: must be a JSON object of accounts by currency")
	}
	credentials := Credentials{}
	var faults []error
	for _, m := range tree.Members() {
		currency, err := money.ParseCurrency(m.Name)
		if err != nil {
			faults = append(faults, errors.New(`vexora secret: members must be "KHR" or "USD"`))
			continue
		}
		account, problems := parseAccount(m.Name, m.Value, rules)
		credentials[currency] = account
		faults = append(faults, problems...)
	}
	faults = append(faults, credentials.faults()...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return credentials, nil
}

func parseAccount(name string, v jsontree.Value, rules URLRules) (Account, []error) {
	var faults []error
	blame := func(member, message string) {
		faults = append(faults, fmt.Errorf("vexora secret: %s.%s %s", name, member, message))
	}
	known := []string{"base_url", "merchant_no", "app_secret"}
	for _, m := range v.Members() {
		if !slices.Contains(known, m.Name) {
			faults = append(faults, fmt.Errorf("vexora secret: %s has a member that is none of %v", name, known))
		}
	}
	text := func(member string) string {
		field, _ := v.Member(member)
		written, _ := field.Text()
		return written
	}
	account := Account{MerchantNo: text("merchant_no"), Secret: secrets.New(text("app_secret"))}
	base, err := rules.BaseURL(text("base_url"))
	if err != nil {
		blame("base_url", err.Error())
	}
	account.BaseURL = base
	if !merchantNoFormat.MatchString(account.MerchantNo) {
		blame("merchant_no", "must be text of 1 to 64 letters, digits, _ and -")
	}
	if account.Secret.IsZero() || strings.TrimSpace(account.Secret.Reveal()) != account.Secret.Reveal() {
		blame("app_secret", "must be text without blanks around it")
	}
	return account, faults
}

// faults finds what is wrong with the accounts together. The currency of a
// notification is that of the secret that verifies it, so two currencies must not
// share one.
func (c Credentials) faults() []error {
	khr, both := c[money.KHR]
	usd, has := c[money.USD]
	if len(c) == 0 {
		return []error{errors.New("vexora secret: no account")}
	}
	if !both || !has {
		return nil
	}
	var faults []error
	if !khr.Secret.IsZero() && khr.Secret.Equal(usd.Secret) {
		faults = append(faults, errors.New("vexora secret: KHR and USD must not have the same app_secret"))
	}
	if khr.BaseURL != nil && usd.BaseURL != nil && khr.MerchantNo == usd.MerchantNo && khr.BaseURL.String() == usd.BaseURL.String() {
		faults = append(faults, errors.New("vexora secret: KHR and USD must not be the same account"))
	}
	return faults
}

// Settings are the member "vexora" of PROVIDER_SETTINGS: what the go-live
// checklist settles with the account manager.
//
//	{"account_number_field": "bankNumber", "bank_channel_code": "", "bank_way_code": "",
//	 "phone_digits": "8-9", "create_8000": "unknown", "queries_per_second": 0}
type Settings struct {
	// AccountNumberField is the request member with the account number. The
	// disbursement page has bankNumber, other areas accountNo.
	AccountNumberField string `json:"account_number_field"`
	// BankChannelCode and BankWayCode are for bank payouts. No readable page names
	// them for Cambodia, and a payout to a bank is not possible without them.
	BankChannelCode string `json:"bank_channel_code"`
	BankWayCode     string `json:"bank_way_code"`
	// PhoneDigits is "8-9", as the page says, or "8", if Vexora turns nine down.
	PhoneDigits string `json:"phone_digits"`
	// Create8000 is "failed" once the merchant has it in writing that a repeated
	// tradeNo is not answered with 8000; until then "unknown".
	Create8000 string `json:"create_8000"`
	// QueriesPerSecond is how many status queries about payouts one process sends in a second at
	// most; 0 for as many as are due. No page names a limit.
	QueriesPerSecond int `json:"queries_per_second"`
}

// DefaultSettings take nothing for granted that the page does not say.
func DefaultSettings() Settings {
	return Settings{AccountNumberField: "bankNumber", PhoneDigits: "8-9", Create8000: "unknown"}
}

var codeFormat = regexp.MustCompile(`^[A-Z0-9_]{0,32}$`)

// ParseSettings reads the object over the defaults and reports every fault. No
// text at all means the defaults.
func ParseSettings(raw []byte) (Settings, error) {
	s := DefaultSettings()
	if len(raw) == 0 {
		return s, nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("vexora settings: %w", err)
	}
	var faults []error
	require := func(ok bool, message string) {
		if !ok {
			faults = append(faults, errors.New("vexora settings: "+message))
		}
	}
	require(slices.Contains([]string{"bankNumber", "accountNo"}, s.AccountNumberField), `account_number_field must be "bankNumber" or "accountNo"`)
	require(codeFormat.MatchString(s.BankChannelCode) && codeFormat.MatchString(s.BankWayCode),
		"bank_channel_code and bank_way_code must be capital letters, digits and _")
	require((s.BankChannelCode == "") == (s.BankWayCode == ""), "bank_channel_code and bank_way_code must be set together")
	require(slices.Contains([]string{"8-9", "8"}, s.PhoneDigits), `phone_digits must be "8-9" or "8"`)
	require(slices.Contains([]string{"unknown", "failed"}, s.Create8000), `create_8000 must be "unknown" or "failed"`)
	require(s.QueriesPerSecond >= 0 && s.QueriesPerSecond <= 1000, "queries_per_second must be a whole number from 0 to 1000")
	return s, errors.Join(faults...)
}
