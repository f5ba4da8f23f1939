package payout

import (
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cambodia-payouts/pkg/money"
)

// Draft is a create request as it was written, with a reference that could be
// read. Nothing in it has been checked yet.
type Draft struct {
	Reference   Reference
	Provider    Provider // empty: routing decides
	Amount      string   // decimal text in major units
	Currency    string
	Destination Destination
	Beneficiary Beneficiary
	Description string
	Metadata    map[string]string
	// Arrived is when the gateway took the request, by its clock; zero: now.
	Arrived time.Time
	// Shape lists what the edge could not decode at all: wrong types, unknown or
	// missing members. A draft with such faults is unreadable, not refused.
	Shape []Fault
}

// Limits of a create request. Lengths of names and texts are in characters,
// those of the description and the metadata in bytes.
const (
	nameLimit         = 100
	phoneLimit        = 64  // bytes, blanks and dashes included
	emailLimit        = 254 // bytes: the longest address that SMTP carries (RFC 5321)
	descriptionLimit  = 128
	metadataPairs     = 10
	metadataByteLimit = 1024
)

var (
	accountNumberFormat = regexp.MustCompile(`^[A-Za-z0-9]{1,34}$`)
	accountIDFormat     = regexp.MustCompile(`^[A-Za-z0-9._@+-]{1,64}$`)
	slugFormat          = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)
	beneficiaryIDFormat = regexp.MustCompile(`^[A-Za-z0-9._@:+-]{1,100}$`)
)

// faults collects what is wrong with a draft.
type faults []Fault

func (f *faults) add(pointer string, code FaultCode, message string) {
	*f = append(*f, Fault{Pointer: pointer, Code: code, Message: message})
}

func (f *faults) require(ok bool, pointer, message string) {
	if !ok {
		f.add(pointer, InvalidRequest, message)
	}
}

// check reads the amount and lists everything that is wrong with the draft.
func (d Draft) check(caps map[money.Currency]money.Amount) (money.Amount, []Fault) {
	var f faults
	f.require(d.Provider == "" || Known(d.Provider), "/provider", "must be "+AProvider()+", or be left out")
	amount := f.amount(d, caps)
	f.destination(d.Destination)
	f.beneficiary(d.Beneficiary)
	f.require(len(d.Description) <= descriptionLimit, "/description", "must not be longer than 128 bytes")
	f.require(!strings.ContainsAny(d.Description, "=;") && printable(d.Description),
		"/description", `must not contain "=", ";" or control characters`)
	f.metadata(d.Metadata)
	return amount, f
}

func (f *faults) amount(d Draft, caps map[money.Currency]money.Amount) money.Amount {
	currency, err := money.ParseCurrency(d.Currency)
	if err != nil {
		f.add("/currency", UnsupportedCurrency, `must be "KHR" or "USD"`)
		f.form(d.Amount, money.KHR) // both have two decimals
		return money.Amount{}
	}
	amount := f.form(d.Amount, currency)
	if amount.Minor() > caps[currency].Minor() {
		f.add("/amount", AmountAboveCap, fmt.Sprintf("must not exceed the cap of %s %s", caps[currency], currency))
	}
	return amount
}

// form reads an amount, or says what is wrong with how it is written.
func (f *faults) form(text string, currency money.Currency) money.Amount {
	amount, err := money.Parse(text, currency)
	switch {
	case errors.Is(err, money.ErrPrecision):
		f.add("/amount", InvalidRequest, "must not have more than two decimals; nothing is rounded")
	case errors.Is(err, money.ErrRange):
		f.add("/amount", InvalidRequest, "must be more than zero and at most 100000000000.00")
	case err != nil:
		f.add("/amount", InvalidRequest, "must be plain decimal digits with at most one point, such as 50000 or 12.50")
	}
	return amount
}

func (f *faults) destination(d Destination) {
	f.require(accountNumberFormat.MatchString(d.AccountNumber),
		"/destination/account_number", "must be 1 to 34 letters and digits")
	switch d.Type {
	case WalletDestination:
		f.require(d.Wallet == Lanton, "/destination/wallet", `must be "LANTON"`)
		f.require(accountIDFormat.MatchString(d.AccountID),
			"/destination/account_id", "must be 1 to 64 letters, digits and . _ @ + -")
		f.require(d.Bank+d.Branch+d.City+d.Province == "",
			"/destination", "a wallet has no bank, branch, city or province")
	case BankDestination:
		f.require(slugFormat.MatchString(d.Bank), "/destination/bank", "must be a slug of GET /v1/banks")
		f.text("/destination/branch", d.Branch, 0)
		f.text("/destination/city", d.City, 0)
		f.text("/destination/province", d.Province, 0)
		f.require(d.Wallet+d.AccountID == "", "/destination", "a bank account has no wallet and no account_id")
	default:
		f.add("/destination/type", InvalidRequest, `must be "wallet" or "bank_account"`)
	}
}

func (f *faults) beneficiary(b Beneficiary) {
	f.require(b.ID == "" || beneficiaryIDFormat.MatchString(b.ID),
		"/beneficiary/id", "must be 1 to 100 letters, digits and . _ @ : + -")
	f.text("/beneficiary/first_name", b.FirstName, 1)
	f.text("/beneficiary/last_name", b.LastName, 1)
	f.require(plainEmail(b.Email), "/beneficiary/email", "must be one plain e-mail address")
	local, ok := "", len(b.Phone) <= phoneLimit
	if ok {
		local, ok = LocalPhone(b.Phone)
	}
	f.require(ok && len(local) >= 4 && len(local) <= 24, "/beneficiary/phone", "must be a phone number")
	ip, err := netip.ParseAddr(b.IPAddress)
	f.require(b.IPAddress == "" || err == nil && ip.Zone() == "", "/beneficiary/ip_address", "must be an IP address, without a zone")
}

// plainEmail reports whether a text is one address and nothing else. The length comes first:
// a parser of addresses allocates for every word of a text.
func plainEmail(text string) bool {
	if len(text) > emailLimit || !printable(text) {
		return false
	}
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func (f *faults) metadata(pairs map[string]string) {
	size, legible := 0, true
	for name, value := range pairs {
		size += len(name) + len(value)
		legible = legible && name != "" && printable(name) && printable(value)
	}
	// Told once: a body of thousands must not become an answer of thousands.
	f.require(legible, "/metadata", "names must not be empty, and no text may hold control characters")
	f.require(len(pairs) <= metadataPairs, "/metadata", "must not have more than 10 members")
	f.require(size <= metadataByteLimit, "/metadata", "must not exceed 1024 bytes")
}

// text checks a line of free text of least to nameLimit characters.
func (f *faults) text(pointer, text string, least int) {
	length := utf8.RuneCountInString(text)
	f.require(length >= least && length <= nameLimit, pointer,
		fmt.Sprintf("must have %d to %d characters", least, nameLimit))
	f.require(printable(text) && strings.TrimSpace(text) == text, pointer,
		"must not hold control characters, nor begin or end with a blank")
}

// printable reports whether text is valid, of one line, and free of the invisible
// characters that reorder text on a screen. Those without width stay: Khmer is written with
// them.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, misleading)
}

// misleading reports whether a character is a control, breaks a line or turns text around.
func misleading(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || r == '\ufeff'
}
