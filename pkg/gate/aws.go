package gate

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	deploytypes "github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// codeDeploy implements Deployments.
type codeDeploy struct{ client *codedeploy.Client }

func (c codeDeploy) Read(ctx context.Context, id string) (Deployment, error) {
	answer, err := c.client.GetDeployment(ctx, &codedeploy.GetDeploymentInput{DeploymentId: &id})
	if err != nil {
		return Deployment{}, err
	}
	info := answer.DeploymentInfo
	if info == nil || info.Revision == nil {
		return Deployment{}, errSpec
	}
	return Deployment{Spec: spec(*info.Revision), GoesBack: slices.Contains(goingBack, info.Creator)}, nil
}

// goingBack are those who start a deployment of a version that served before: CodeDeploy when a
// new version fails, and CloudFormation when another resource of the stack does.
var goingBack = []deploytypes.DeploymentCreator{
	deploytypes.DeploymentCreatorCodeDeployRollback, deploytypes.DeploymentCreatorCloudFormationRollback,
}

// spec is the AppSpec. No page says which of the two forms CloudFormation writes.
func spec(r deploytypes.RevisionLocation) string {
	if r.AppSpecContent != nil {
		return aws.ToString(r.AppSpecContent.Content)
	}
	//lint:ignore SA1019 deprecated for those who write deployments, and may still be read
	if raw := r.String_; raw != nil {
		return aws.ToString(raw.Content)
	}
	return ""
}

func (c codeDeploy) Report(ctx context.Context, e Event, passed bool) error {
	status := deploytypes.LifecycleEventStatusFailed
	if passed {
		status = deploytypes.LifecycleEventStatusSucceeded
	}
	_, err := c.client.PutLifecycleEventHookExecutionStatus(ctx, &codedeploy.PutLifecycleEventHookExecutionStatusInput{
		DeploymentId: &e.DeploymentID, LifecycleEventHookExecutionId: &e.HookID, Status: status,
	})
	return err
}

// lambdas implements Functions.
type lambdas struct{ client *lambda.Client }

func (l lambdas) Invoke(ctx context.Context, target Target, event []byte) ([]byte, bool, error) {
	answer, err := l.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &target.Function, Qualifier: &target.Version, Payload: event})
	if err != nil {
		return nil, false, fmt.Errorf("invoke %s:%s: %w", target.Function, target.Version, err)
	}
	return answer.Payload, answer.FunctionError != nil, nil
}
