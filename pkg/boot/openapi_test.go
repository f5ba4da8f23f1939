package boot_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/openapi"
)

// described is the description of the API, which every answer of these tests is held against.
var described = func() *openapi.Document {
	d, err := openapi.Read("../../openapi.yaml")
	if err != nil {
		panic(err)
	}
	return d
}()

// asDescribed fails if an answer is not one that openapi.yaml describes.
func asDescribed(t *testing.T, e edge.Event, reply edge.Reply) {
	t.Helper()
	method, path := e.RequestContext.HTTP.Method, e.RawPath
	if err := described.CheckAnswer(method, path, reply.StatusCode, reply.Headers["content-type"], reply.Body); err != nil {
		t.Errorf("%v\nin %s", err, reply.Body)
	}
}

// TestMain fails a whole run in which an answer that is documented does not occur.
func TestMain(m *testing.M) {
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == ""
	if whole && code == 0 {
		for _, a := range described.Unseen() {
			fmt.Println("openapi.yaml describes an answer that no test had:", a)
			code = 1
		}
	}
	os.Exit(code)
}
