package monetix

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode"

	"cambodia-payouts/pkg/bank"
	"cambodia-payouts/pkg/jsontree"
	"cambodia-payouts/pkg/payout"
)

// The body of a payout request, as the Banks of Cambodia page has it. Optional
// members are left out when they are empty: a null or an empty text would be
// signed differently by some of Monetix' own libraries.
type (
	request struct {
		General  general   `json:"general"`
		Customer *customer `json:"customer,omitempty"`
		Account  *account  `json:"account,omitempty"`
		Payment  *payment  `json:"payment,omitempty"`
	}
	general struct {
		ProjectID   int64  `json:"project_id"`
		PaymentID   string `json:"payment_id"`
		Signature   string `json:"signature,omitempty"`
		CallbackURL string `json:"merchant_callback_url,omitempty"`
	}
	customer struct {
		ID        string `json:"id"`
		IPAddress string `json:"ip_address"`
		Email     string `json:"email"`
		Phone     string `json:"phone"`
	}
	account struct {
		Number       string `json:"number"`
		BankID       int64  `json:"bank_id"`
		Branch       string `json:"branch,omitempty"`
		City         string `json:"city,omitempty"`
		Province     string `json:"province,omitempty"`
		CustomerName string `json:"customer_name"`
	}
	payment struct {
		Currency    string `json:"currency"`
		Amount      int64  `json:"amount"` // minor units, riel included: 50,000.00 KHR is 5000000
		Description string `json:"description,omitempty"`
	}
)

// encoder turns payouts into requests.
type encoder struct {
	banks       bank.Directory
	callbackURL string
	rules       URLRules
}

// maxText is the longest text of the Gate schema.
const maxText = 255

// faults collects what Monetix cannot express.
type faults []payout.Fault

func (f *faults) add(pointer string, code payout.FaultCode, message string) {
	*f = append(*f, payout.Fault{Pointer: pointer, Code: code, Message: message})
}

// reach finds the bank's id.
func (e encoder) reach(d payout.Destination, f *faults) int64 {
	if d.Type != payout.BankDestination {
		f.add("/destination/type", payout.UnsupportedBank, "Monetix pays to bank accounts only")
		return 0
	}
	entry, known := e.banks.Lookup(bank.Slug(d.Bank))
	route := entry.Routes[Name]
	id, err := strconv.ParseInt(string(route.Code), 10, 64)
	if !known || !route.Enabled || err != nil {
		f.add("/destination/bank", payout.UnsupportedBank, "Monetix does not serve this bank, or it is not enabled; see GET /v1/banks")
	}
	return id
}

// create builds the request without its signature, and everything that stands
// against sending it.
func (e encoder) create(p payout.Payout, project int64) (request, []payout.Fault) {
	var f faults
	r := request{
		General: general{ProjectID: project, PaymentID: string(p.ProviderReference()), CallbackURL: e.callback(&f)},
		Customer: &customer{
			ID: p.Beneficiary.ID, IPAddress: p.Beneficiary.IPAddress, Email: p.Beneficiary.Email,
			Phone: phone(p.Beneficiary.Phone, &f),
		},
		Account: &account{
			Number: p.Destination.AccountNumber, BankID: e.reach(p.Destination, &f),
			Branch: p.Destination.Branch, City: p.Destination.City, Province: p.Destination.Province,
			CustomerName: p.Beneficiary.FirstName + " " + p.Beneficiary.LastName,
		},
		Payment: &payment{
			Currency: string(p.Amount.Currency()), Amount: p.Amount.Minor(), Description: p.Description,
		},
	}
	if p.Beneficiary.ID == "" {
		f.add("/beneficiary/id", payout.InvalidRequest, "Monetix requires it")
	}
	if p.Beneficiary.IPAddress == "" {
		f.add("/beneficiary/ip_address", payout.InvalidRequest, "Monetix requires it")
	}
	separable(p, &f)
	return r, f
}

// phone wants 4 to 24 digits and nothing else, of whatever country: a foreign number keeps
// its code, without the plus.
func phone(written string, f *faults) string {
	digits, ok := payout.LocalPhone(written)
	if !ok || len(digits) < 4 || len(digits) > 24 {
		f.add("/beneficiary/phone", payout.InvalidRequest, "Monetix takes numbers of 4 to 24 digits")
	}
	return digits
}

// callback is the address for this payment's callbacks. It may be left out: then
// they go to the project's address.
func (e encoder) callback(f *faults) string {
	if e.callbackURL == "" {
		return ""
	}
	if !e.rules.TakesCallbacks(e.callbackURL) || len(e.callbackURL) > maxText {
		f.add("/provider", payout.ProviderNotConfigured, "MONETIX_CALLBACK_URL must be an https address of at most 255 bytes")
	}
	return e.callbackURL
}

// separable refuses what would make the signed text ambiguous: a ";" in a value
// could be read as the start of another line.
func separable(p payout.Payout, f *faults) {
	for pointer, value := range map[string]string{
		"/beneficiary/first_name": p.Beneficiary.FirstName,
		"/beneficiary/last_name":  p.Beneficiary.LastName,
		"/beneficiary/email":      p.Beneficiary.Email,
		"/beneficiary/id":         p.Beneficiary.ID,
		"/destination/branch":     p.Destination.Branch,
		"/destination/city":       p.Destination.City,
		"/destination/province":   p.Destination.Province,
		"/description":            p.Description,
	} {
		if strings.ContainsFunc(value, func(r rune) bool { return r == ';' || unicode.IsControl(r) }) {
			f.add(pointer, payout.InvalidRequest, `must not contain ";" or control characters: Monetix' signature does not separate fields`)
		}
	}
}

// statusQuery is the request for a payout's status.
func statusQuery(about payout.ProviderReference, project int64) request {
	return request{General: general{ProjectID: project, PaymentID: string(about)}}
}

// errDrift means that what would be sent is not what was signed.
var errDrift = errors.New("monetix: the signed and the written body differ")

// signed writes the body, signs what a reader of the very bytes would see, and puts
// the signature in.
func signed(r request, c Credentials) ([]byte, error) {
	unsigned, err := marshal(r)
	if err != nil {
		return nil, err
	}
	tree, err := jsontree.Parse(unsigned, jsontree.DefaultLimits)
	if err != nil {
		return nil, err
	}
	r.General.Signature = Sign(tree, c.Secret)
	body, err := marshal(r)
	if err != nil {
		return nil, err
	}
	sent, err := jsontree.Parse(body, jsontree.DefaultLimits)
	if err != nil || Canonical(sent) != Canonical(tree) {
		return nil, errDrift
	}
	return body, nil
}

func marshal(r request) ([]byte, error) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimRight(body.Bytes(), "\n"), nil
}
