package boot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"
	"github.com/go-json-experiment/json"

	"cambodia-payouts/pkg/wire"
)

// Selftest is the answer to a direct invocation with {"selftest": true}: what runs
// here, with which settings, and whether it can do its work on a sample in memory.
type Selftest struct {
	Revision string `json:"revision"`
	// Settings is a digest of the function's variables, which hold no secret: two
	// processes with one digest run with the same settings.
	Settings string  `json:"settings"`
	Function string  `json:"function"`
	Checks   []Check `json:"checks"`
}

// Check is one thing that was tried.
type Check struct {
	Name   string     `json:"name"`
	State  CheckState `json:"state"`
	Detail string     `json:"detail,omitempty"`
}

// CheckState says how a check ended.
type CheckState string

// The states of a check. A secret that is still a placeholder is no failure: a new
// stack has nothing else.
const (
	CheckPassed        CheckState = "passed"
	CheckNotConfigured CheckState = "not_configured"
	CheckFailed        CheckState = "failed"
)

// selftest is what one process knows about itself.
type selftest struct {
	report Selftest
	proofs []wire.Proof
}

// newSelftest is made before the function is built: one that cannot start for want of a secret
// still answers.
func newSelftest[C Config](on wire.Parts, c C, environment map[string]string) (selftest, error) {
	digest, err := settingsDigest(c, environment)
	return selftest{
		report: Selftest{Revision: c.common().Revision, Settings: digest, Function: c.common().Function},
		proofs: c.proofs(Assemble(on, c)),
	}, err
}

// run makes every check. Its error names those that failed.
func (s selftest) run(ctx context.Context) (Selftest, error) {
	report := s.report
	report.Checks = []Check{}
	var failed []error
	for _, p := range s.proofs {
		check := try(ctx, p)
		report.Checks = append(report.Checks, check)
		if check.State == CheckFailed {
			failed = append(failed, fmt.Errorf("%s: %s", check.Name, check.Detail))
		}
	}
	if len(failed) > 0 {
		return report, fmt.Errorf("selftest of revision %q: %w", report.Revision, errors.Join(failed...))
	}
	return report, nil
}

// try runs one proof. The text of an error is told in full: no route leads here, and only who may
// invoke the function can ask (decision 0022).
func try(ctx context.Context, p wire.Proof) Check {
	err := p.Run(ctx)
	switch {
	case err == nil:
		return Check{Name: p.Name, State: CheckPassed}
	case wire.NotConfigured(err):
		return Check{Name: p.Name, State: CheckNotConfigured, Detail: err.Error()}
	}
	return Check{Name: p.Name, State: CheckFailed, Detail: err.Error()}
}

// notOurs are the variables that tell processes of one deployment apart, or deployments
// with the same settings.
var notOurs = []string{"REVISION", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SAM_LOCAL"}

// settingsDigest is a hash over the names and values that the configuration reads.
// Secrets are never among them: the environment holds their names.
func settingsDigest[C Config](c C, environment map[string]string) (string, error) {
	fields, err := env.GetFieldParams(&c)
	if err != nil {
		return "", fmt.Errorf("settings: %w", err)
	}
	if linked, is := any(c).(interface{ variables() []string }); is {
		for _, name := range linked.variables() {
			fields = append(fields, env.FieldParams{Key: name})
		}
	}
	slices.SortFunc(fields, func(a, b env.FieldParams) int { return cmp.Compare(a.Key, b.Key) })
	digest := sha256.New()
	for _, f := range fields {
		if value := environment[f.Key]; f.Key != "" && !slices.Contains(notOurs, f.Key) {
			// A variable that is set to its default counts as one that is left out: both run with
			// the same settings.
			_, _ = fmt.Fprintf(digest, "%q=%q\n", f.Key, cmp.Or(value, f.DefaultValue))
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// mostRequest is more than a request for a selftest can have.
const mostRequest = 64

// asksForSelftest reports whether an event is the request and nothing more. Events of the
// API, of function URLs, of the stream and of the scheduler all have other members, and
// what callers send stands inside of them: nobody can send it through an API.
func asksForSelftest(event []byte) bool {
	if len(event) > mostRequest {
		return false
	}
	members := map[string]bool{}
	return json.Unmarshal(event, &members) == nil && len(members) == 1 && members["selftest"]
}

// tested is a function that also answers selftests.
type tested struct {
	lambda.Handler
	test selftest
}

// Invoke implements lambda.Handler. A failed check makes the invocation an error, which the gate
// and the deploy script see without reading the report (decision 0022).
func (t tested) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if !asksForSelftest(event) {
		return t.Handler.Invoke(ctx, event)
	}
	report, err := t.test.run(ctx)
	if err != nil {
		return nil, err
	}
	return json.Marshal(report)
}

// unconfigured stands in for a function that may not start, because no provider is
// configured. It ends the process with the first event that is not a selftest, as if it
// had not started: a new version can still be told from a broken one.
type unconfigured struct {
	problem error
	log     io.Writer
	exit    func(code int)
}

// Invoke implements lambda.Handler.
func (u unconfigured) Invoke(context.Context, []byte) ([]byte, error) {
	Explain(u.log, u.problem)
	u.exit(1)
	return nil, u.problem
}

// onlyUnconfigured reports whether placeholders are all that stands in the way of a start. Anything
// else beside them stops the process at once, so that a broken version is not taken for a new
// stack.
func onlyUnconfigured(err error) bool {
	return errors.Is(err, wire.ErrNoProvider) && !slices.ContainsFunc(apart(err), func(p problem) bool {
		return !errors.Is(p.error, wire.ErrNoProvider) && !wire.NotConfigured(p.error)
	})
}
