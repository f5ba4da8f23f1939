package gate

import (
	"errors"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// Target is the version that is to have traffic.
type Target struct{ Function, Version string }

var (
	errSpec       = errors.New("the deployment does not say which version it is about")
	versionFormat = regexp.MustCompile(`^[1-9][0-9]*$`)
)

// ParseTarget reads the AppSpec of a Lambda deployment, which has one resource. YAML
// holds JSON, and CodeDeploy takes both.
//
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html
func ParseTarget(spec string) (Target, error) {
	type resource struct {
		Type       string `yaml:"Type"`
		Properties struct {
			Name          string `yaml:"Name"`
			TargetVersion string `yaml:"TargetVersion"`
		} `yaml:"Properties"`
	}
	var document struct {
		Resources []map[string]resource `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(spec), &document); err != nil || len(document.Resources) != 1 || len(document.Resources[0]) != 1 {
		return Target{}, errSpec
	}
	for _, r := range document.Resources[0] {
		target := Target{r.Properties.Name, r.Properties.TargetVersion}
		if r.Type == "AWS::Lambda::Function" && target.Function != "" && versionFormat.MatchString(target.Version) {
			return target, nil
		}
	}
	return Target{}, errSpec
}
