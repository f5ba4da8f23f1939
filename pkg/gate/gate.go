package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// Event is what CodeDeploy hands to a hook.
type Event struct {
	DeploymentID string `json:"DeploymentId"`
	HookID       string `json:"LifecycleEventHookExecutionId"`
}

// Deployment is what the gate reads of one.
type Deployment struct {
	// Spec is the AppSpec, in JSON or YAML.
	Spec string
	// GoesBack says that CodeDeploy undoes another deployment.
	GoesBack bool
}

// Deployments is CodeDeploy.
type Deployments interface {
	Read(ctx context.Context, id string) (Deployment, error)
	// Report ends the hook. Only the first report of one hook counts.
	Report(ctx context.Context, e Event, passed bool) error
}

// Functions is Lambda.
type Functions interface {
	// Invoke runs one version with an event. Failed says that the function itself did, and
	// the answer is its error then.
	Invoke(ctx context.Context, target Target, event []byte) (answer []byte, failed bool, err error)
}

// Gate judges new versions.
type Gate struct {
	Deployments Deployments
	Functions   Functions
	// Revision is what is being deployed; the gate itself is deployed with it, before any
	// alias is moved.
	Revision string
	Log      *slog.Logger
}

// request asks for a selftest.
var request = []byte(`{"selftest": true}`)

// Handle judges one deployment and reports it. Whatever keeps the gate from judging
// counts as a refusal: traffic stays where it is. Its own error means that CodeDeploy was
// not told, so that Lambda tries again.
func (g Gate) Handle(ctx context.Context, e Event) error {
	target, refusal := g.judge(ctx, e)
	if err := g.Deployments.Report(ctx, e, refusal == nil); err != nil {
		return fmt.Errorf("gate: report: %w", err)
	}
	attributes := []slog.Attr{slog.String("deployment", e.DeploymentID), slog.String("function", target.Function), slog.String("version", target.Version)}
	if refusal != nil {
		g.Log.LogAttrs(ctx, slog.LevelError, "version refused, it gets no traffic", append(attributes, slog.Any("error", refusal))...)
		return nil
	}
	g.Log.LogAttrs(ctx, slog.LevelInfo, "version may have traffic; no provider was asked and no payout was read", attributes...)
	return nil
}

// judge returns why a version must not have traffic, or nil.
func (g Gate) judge(ctx context.Context, e Event) (Target, error) {
	deployment, err := g.Deployments.Read(ctx, e.DeploymentID)
	if err != nil {
		return Target{}, fmt.Errorf("the deployment cannot be read: %w", err)
	}
	target, err := ParseTarget(deployment.Spec)
	if deployment.GoesBack {
		// The version that they go back to has served before. Nothing may keep it out.
		return target, nil
	}
	if err != nil {
		return target, err
	}
	answer, failed, err := g.Functions.Invoke(ctx, target, request)
	if err != nil {
		return target, fmt.Errorf("the version cannot be invoked: %w", err)
	}
	return target, Judge(answer, failed, g.Revision)
}

// mostError is how much of a function's error is repeated.
const mostError = 2000

// Judge reads the answer to a selftest.
func Judge(answer []byte, failed bool, revision string) error {
	if failed {
		return fmt.Errorf("the selftest failed: %s", answer[:min(len(answer), mostError)])
	}
	var report struct {
		Revision *string
		Checks   []struct{ Name, State string }
	}
	if json.Unmarshal(answer, &report) != nil || report.Revision == nil {
		return errors.New("the answer is not that of a selftest")
	}
	if *report.Revision != revision {
		return fmt.Errorf("the version is of revision %q, and %q is being deployed", *report.Revision, revision)
	}
	for _, check := range report.Checks {
		if check.State != "passed" && check.State != "not_configured" {
			return fmt.Errorf("%s: %s", check.Name, check.State)
		}
	}
	if len(report.Checks) == 0 {
		return errors.New("the selftest tried nothing")
	}
	return nil
}
