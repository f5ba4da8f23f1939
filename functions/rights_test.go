package functions_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cambodia-payouts/pkg/template"
)

// gate stands before the table and holds every request to the role that the template gives
// the function that sends it, as IAM does: action, table or index, and partition keys. The
// name of the access key says which function that is. What no process ever asks for is in the
// count, so that a role does not stay wider than its function.
type gate struct {
	t      *testing.T
	grants map[string][]statement // by function, such as create-payout

	mu   sync.Mutex
	used map[string]bool
}

// statement is one of a role, as far as it is about the table.
type statement struct {
	actions []string
	index   []string // empty: the table itself
	keys    []string // patterns of partition keys; nil: any
}

var words = regexp.MustCompile(`[A-Z][a-z]+`)

// folder is how a function of the template is called on disk.
func folder(function string) string {
	return strings.ToLower(strings.Join(words.FindAllString(function, -1), "-"))
}

func newGate(t *testing.T, endpoint string, parameters map[string]string) string {
	t.Helper()
	s, err := template.Load("../template.yaml")
	if err == nil {
		s, err = s.Deployed(with(parameters, "IdNamespace", "processes"))
	}
	target, problem := url.Parse(endpoint)
	if err != nil || problem != nil {
		t.Fatal(err, problem)
	}
	g := &gate{t: t, grants: map[string][]statement{}, used: map[string]bool{}}
	for name, r := range s.Resources {
		if r.Type == "AWS::IAM::Role" {
			g.grants[folder(strings.TrimSuffix(name, "Role"))] = statements(t, r)
		}
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	proxy.ErrorLog = log.New(io.Discard, "", 0) // of processes that were killed
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, proxy) }))
	t.Cleanup(func() {
		server.Close()
		t.Logf("rights used: %v", slices.Sorted(maps.Keys(g.used)))
	})
	return server.URL
}

func statements(t *testing.T, role template.Resource) []statement {
	t.Helper()
	var p struct {
		Policies []struct {
			PolicyDocument struct {
				Statement []struct {
					Action, Resource any
					Condition        map[string]map[string][]string
				}
			}
		}
	}
	if err := role.Decode(&p); err != nil {
		t.Fatal(err)
	}
	var all []statement
	for _, s := range p.Policies[0].PolicyDocument.Statement {
		actions := regexp.MustCompile(`dynamodb:[A-Za-z]+`).FindAllString(fmt.Sprint(s.Action), -1)
		if len(actions) == 0 {
			continue
		}
		one := statement{actions: actions, keys: s.Condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]}
		for _, index := range regexp.MustCompile(`/index/([a-z-]+)`).FindAllStringSubmatch(fmt.Sprint(s.Resource), -1) {
			one.index = append(one.index, index[1])
		}
		all = append(all, one)
	}
	return all
}

var signedBy = regexp.MustCompile(`Credential=([^/]+)/`)

func (g *gate) serve(w http.ResponseWriter, r *http.Request, proxy http.Handler) {
	body, err := io.ReadAll(r.Body)
	credential := signedBy.FindStringSubmatch(r.Header.Get("Authorization"))
	if err != nil || credential == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if why := g.denies(credential[1], action, body); why != "" {
		g.t.Errorf("IAM would deny %s: %s", credential[1], why)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"not authorized"}`)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	// One account behind the gate: the stand-in may keep tables per access key.
	r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), credential[0], "Credential=local/", 1))
	proxy.ServeHTTP(w, r)
}

// denies says why a function may not do something, or nothing.
func (g *gate) denies(function, action string, body []byte) string {
	index, keys, err := touched(body)
	if err != nil {
		return err.Error()
	}
	for _, s := range g.grants[function] {
		if !slices.Contains(s.actions, "dynamodb:"+action) || (index == "") != (s.index == nil) || index != "" && !slices.Contains(s.index, index) {
			continue
		}
		if missed := slices.IndexFunc(keys, func(key string) bool { return index == "" && !like(s.keys, key) }); missed < 0 {
			g.note(function, action, index, keys)
			return ""
		}
	}
	return fmt.Sprintf("%s on %q, keys %v", action, index, keys)
}

// note remembers kinds and not ids: po_, feed#.
func (g *gate) note(function, action, index string, keys []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	kind := index
	if index == "" {
		kind = regexp.MustCompile(`^[a-z]+[_#]?`).FindString(keys[0])
	}
	g.used[function+" "+action+" "+kind] = true
}

func like(patterns []string, key string) bool {
	return patterns == nil || slices.ContainsFunc(patterns, func(p string) bool {
		kind, open := strings.CutSuffix(p, "*")
		return key == p || open && strings.HasPrefix(key, kind)
	})
}

type attribute struct{ S string }

// touched is the index and the partition keys of a request.
func touched(body []byte) (index string, keys []string, err error) {
	type keyed struct{ PK attribute }
	var r struct {
		IndexName                 string
		Item, Key                 *keyed
		RequestItems              map[string]struct{ Keys []keyed }
		KeyConditionExpression    string
		ExpressionAttributeNames  map[string]string
		ExpressionAttributeValues map[string]attribute
	}
	// Values of other types than text are of no interest.
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(body, &r); err != nil && !asType(err, &wrong) {
		return "", nil, err
	}
	for _, one := range []*keyed{r.Item, r.Key} {
		if one != nil {
			keys = append(keys, one.PK.S)
		}
	}
	for _, table := range r.RequestItems {
		for _, key := range table.Keys {
			keys = append(keys, key.PK.S)
		}
	}
	for _, equal := range regexp.MustCompile(`(#\w+) = (:\w+)`).FindAllStringSubmatch(r.KeyConditionExpression, -1) {
		if r.IndexName != "" || r.ExpressionAttributeNames[equal[1]] == "pk" {
			keys = append(keys, r.ExpressionAttributeValues[equal[2]].S)
		}
	}
	if len(keys) == 0 {
		return "", nil, fmt.Errorf("no key in %.200s", body)
	}
	return r.IndexName, keys, nil
}

func asType(err error, into **json.UnmarshalTypeError) bool {
	found, is := err.(*json.UnmarshalTypeError)
	*into = found
	return is
}

// TestTheGateDenies: a gate that lets everything through would prove nothing.
func TestTheGateDenies(t *testing.T) {
	g := &gate{t: t, used: map[string]bool{}, grants: map[string][]statement{"vexora-callback": {
		{actions: []string{"dynamodb:PutItem"}, keys: []string{"po_*", "orphan#*"}},
		{actions: []string{"dynamodb:Query"}, keys: []string{"board"}}, {actions: []string{"dynamodb:Query"}, index: []string{"due-index"}},
	}}}
	query := `{"KeyConditionExpression":"#pk = :k","ExpressionAttributeNames":{"#pk":"pk"},"ExpressionAttributeValues":{":k":{"S":%q}}}`
	for name, test := range map[string]struct {
		function, action, body string
		allowed                bool
	}{
		"a payout":             {"vexora-callback", "PutItem", `{"Item":{"pk":{"S":"po_1"},"history":{"L":[]},"sent":{"N":"1"}}}`, true},
		"a foreign claim":      {"vexora-callback", "PutItem", `{"Item":{"pk":{"S":"orphan#1"}}}`, true},
		"a feed entry":         {"vexora-callback", "PutItem", `{"Item":{"pk":{"S":"feed#1"}}}`, false},
		"a report":             {"vexora-callback", "PutItem", `{"Item":{"pk":{"S":"report#1"}}}`, false},
		"another action":       {"vexora-callback", "DeleteItem", `{"Key":{"pk":{"S":"po_1"}}}`, false},
		"another function":     {"get-payout", "PutItem", `{"Item":{"pk":{"S":"po_1"}}}`, false},
		"the board":            {"vexora-callback", "Query", fmt.Sprintf(query, "board"), true},
		"the feed":             {"vexora-callback", "Query", fmt.Sprintf(query, "feed#1"), false},
		"an index":             {"vexora-callback", "Query", `{"IndexName":"due-index",` + fmt.Sprintf(query, "3")[1:], true},
		"another index":        {"vexora-callback", "Query", `{"IndexName":"day-index",` + fmt.Sprintf(query, "3")[1:], false},
		"one of two":           {"vexora-callback", "BatchGetItem", `{"RequestItems":{"t":{"Keys":[{"pk":{"S":"po_1"}}]}}}`, false},
		"a scan has no key":    {"vexora-callback", "Scan", `{"TableName":"t"}`, false},
		"what cannot be read":  {"vexora-callback", "PutItem", `{`, false},
		"a key of another one": {"vexora-callback", "PutItem", `{"Item":{"pk":{"S":"namespace"}}}`, false},
	} {
		if why := g.denies(test.function, test.action, []byte(test.body)); (why == "") != test.allowed {
			t.Errorf("%s: %q", name, why)
		}
	}
}
