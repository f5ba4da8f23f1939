package template_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cambodia-payouts/pkg/template"
)

// watched is one metric as an alarm watches it. The function is "" for every other
// dimension: only callback functions can be reached without a principal.
type watched struct{ namespace, name, function string }

// strangers says of every metric that an alarm watches whether somebody can move it who
// knows the callback addresses and nothing else. A metric that is not listed fails the test:
// whoever adds it has to answer the status query.
var strangers = map[watched]bool{
	{"CambodiaPayouts", "callback_signature", ""}: true,
	// By posting a genuine callback, which he has seen, again and again.
	{"CambodiaPayouts", "callback_verified", ""}: true,
	// By posting while the secret cannot be read.
	{"CambodiaPayouts", "keys_unread", ""}: true,
	{"AWS/ApiGateway", "5xx", ""}:          true, // callback routes, while their function is throttled
	{"AWS/ApiGateway", "4xx", ""}:          true,
	{"AWS/ApiGateway", "Count", ""}:        true,

	// A stranger's post is a normal return, whatever is in it:
	// FuzzAStrangersPostIsANormalReturn of pkg/boot.
	{"AWS/Lambda", "Errors", "VexoraCallback"}:  false,
	{"AWS/Lambda", "Errors", "MonetixCallback"}: false,

	{"AWS/Lambda", "Throttles", "VexoraCallback"}:  true,
	{"AWS/Lambda", "Throttles", "MonetixCallback"}: true,

	// Behind these functions stands a principal, the schedule or the stream, and their
	// concurrency is set aside. The rest of get-payout's is not: a flood of the callback
	// functions ends at what is set aside for them.
	{"AWS/Lambda", "Errors", "CreatePayout"}: false, {"AWS/Lambda", "Errors", "GetPayout"}: false, {"AWS/Lambda", "Errors", "OperatePayout"}: false,
	{"AWS/Lambda", "Errors", "ReconcilePayouts"}: false, {"AWS/Lambda", "Errors", "NotifyMerchant"}: false,
	{"AWS/Lambda", "Throttles", "CreatePayout"}: false, {"AWS/Lambda", "Throttles", "GetPayout"}: false, {"AWS/Lambda", "Throttles", "OperatePayout"}: false,
	{"AWS/Lambda", "Throttles", "ReconcilePayouts"}: false, {"AWS/Lambda", "Throttles", "NotifyMerchant"}: false,
	{"AWS/Lambda", "Invocations", "ReconcilePayouts"}: false, {"AWS/Lambda", "Invocations", "CreatePayout"}: false,
	{"AWS/Lambda", "Duration", "CreatePayout"}: false, {"AWS/Lambda", "IteratorAge", "NotifyMerchant"}: false,
	{"AWS/SQS", "NumberOfMessagesSent", ""}: false,
	// A refused callback makes no request to the table.
	{"AWS/DynamoDB", "ReadThrottleEvents", ""}: false, {"AWS/DynamoDB", "WriteThrottleEvents", ""}: false,

	// From our own requests, from a verified callback's content, or from people.
	{"CambodiaPayouts", "callback_unusable", ""}: false, {"CambodiaPayouts", "callback_not_payout", ""}: false, {"CambodiaPayouts", "orphan", ""}: false, {"CambodiaPayouts", "orphan_of_ours", ""}: false, {"CambodiaPayouts", "provider_configuration", ""}: false,
	{"CambodiaPayouts", "unknown", ""}: false, {"CambodiaPayouts", "provider_paused", ""}: false, {"CambodiaPayouts", "low_balance", ""}: false,
	{"CambodiaPayouts", "webhook_down", ""}: false, {"CambodiaPayouts", "notification_lag_seconds", ""}: false,
	{"CambodiaPayouts", "double_payment_suspected", ""}: false, {"CambodiaPayouts", "contradiction", ""}: false, {"CambodiaPayouts", "callback_mismatch", ""}: false,
	{"CambodiaPayouts", "desk_oldest_unknown_seconds", ""}: false, {"CambodiaPayouts", "not_configured", ""}: false,
	// Only what verified, or has a principal, can be called not stored, and neither a throttle nor
	// a payout that many write to is: TestWhatIsNobodysFaultIsNotCalledUnstored of pkg/payout. No
	// post makes the controls unreadable.
	{"CambodiaPayouts", "not_stored", ""}: false, {"CambodiaPayouts", "controls_unread", ""}: false,
	// Orders are signed, and only a create or a person has something submitted.
	{"CambodiaPayouts", "controls_changed", ""}: false, {"CambodiaPayouts", "controls_released", ""}: false, {"CambodiaPayouts", "outflow_held", ""}: false, {"CambodiaPayouts", "outflow_not_counted", ""}: false,
}

// surveyed begins the metrics of the review queue: how many payouts wait, by reason. All of them
// begin with a create, an answer or a verified callback.
const surveyed = "desk_"

var (
	functionNames = regexp.MustCompile(`"Name":"FunctionName","Value":\{"Ref":"([A-Za-z]+)"\}`)
)

// metrics lists what an alarm watches, by itself or by metric math.
func metrics(r template.Resource) []watched {
	found := []watched{}
	var walk func(value any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if name, there := v["MetricName"]; there {
				function := ""
				if of := functionNames.FindStringSubmatch(text(v["Dimensions"])); of != nil {
					function = of[1]
				}
				found = append(found, watched{fmt.Sprint(v["Namespace"]), fmt.Sprint(name), function})
			}
			for _, member := range v {
				walk(member)
			}
		case []any:
			for _, member := range v {
				walk(member)
			}
		}
	}
	walk(any(r.Properties))
	return found
}

// loud lists the alarms that page or roll a deployment back, and how: by their own action,
// as a part of an alarm that does, or in a deployment group.
func loud(s template.Template) map[string]string {
	found := map[string]string{}
	for name, r := range s.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm":
			for _, action := range []string{"AlarmActions", "OKActions", "InsufficientDataActions"} {
				if does := text(r.Properties[action]); r.Properties[action] != nil && does != text([]any{ref("NoticeTopic")}) {
					found[name] = action + " of its own: " + does
				}
			}
		case "AWS::Serverless::Function", "AWS::CodeDeploy::DeploymentGroup":
			groups := text(at(r.Properties, "DeploymentPreference", "Alarms")) + text(r.Properties["AlarmConfiguration"])
			for alarm := range s.Resources {
				if strings.Contains(groups, `{"Ref":"`+alarm+`"}`) {
					found[alarm] = "it rolls " + name + " back"
				}
			}
		}
	}
	for grown := true; grown; { // a composite's parts are as loud as it is
		grown = false
		for name := range maps.Clone(found) {
			for part := range s.Resources {
				if strings.Contains(text(s.Resources[name].Properties["AlarmRule"]), "${"+part+"}") && found[part] == "" {
					found[part], grown = "a part of "+name, true
				}
			}
		}
	}
	return found
}

// strangersRingNothingLoud is the promise: a stranger's 401 rings nothing that pages or rolls
// back.
func strangersRingNothingLoud(t *testing.T, s template.Template) {
	t.Helper()
	noisy, alarms := loud(s), 0
	for name, r := range s.Resources {
		if r.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		of := metrics(r)
		if len(of) == 0 {
			t.Errorf("%s watches nothing that this test can read", name)
		}
		for _, metric := range of {
			moved, known := strangers[metric]
			known = known || metric.namespace == "CambodiaPayouts" && strings.HasPrefix(metric.name, surveyed)
			if !known {
				t.Errorf("%s watches %v: can somebody move it who knows a callback address alone?", name, metric)
			}
			if how := noisy[name]; moved && how != "" {
				t.Errorf("a stranger moves %v, which %s watches: %s", metric, name, how)
			}
		}
	}
	if alarms < 30 || len(noisy) < 12 {
		t.Errorf("%d alarms, %d of them loud: the walk has lost its meaning", alarms, len(noisy))
	}
	for _, must := range []string{"VexoraCallbackErrors", "OrphanAlarm", "VexoraCallbackNewVersionErrors"} {
		if noisy[must] == "" {
			t.Errorf("%s is not found to page or to roll back", must)
		}
	}
}

func TestAStrangerRingsNothingThatPagesOrRollsBack(t *testing.T) {
	strangersRingNothingLoud(t, service(t))
}

func TestTransformedAlarmsPageAndRollBackForNoStranger(t *testing.T) {
	strangersRingNothingLoud(t, transformed(t))
}

// TestAWrongKeyIsStillSeen: what no stranger can make up is that callbacks of the provider's
// own do not verify while payouts are made.
func TestAWrongKeyIsStillSeen(t *testing.T) {
	s := service(t)
	for _, provider := range deployable() {
		p := struct{ alarm, provider string }{titled(provider) + "KeyAlarm", string(provider)}
		r := s.Resources[p.alarm]
		watches := metrics(r)
		for _, want := range []watched{{"CambodiaPayouts", "callback_signature", ""}, {"CambodiaPayouts", "callback_verified", ""}, {"AWS/Lambda", "Invocations", "CreatePayout"}} {
			if !slices.Contains(watches, want) {
				t.Errorf("%s does not watch %v", p.alarm, want)
			}
		}
		expect(t, p.alarm, r.Properties["AlarmActions"], []any{ref("NoticeTopic")}, "people have to see a wrong key")
		if n := strings.Count(text(r.Properties), `{"Name":"provider","Value":"`+p.provider+`"}`); n != 2 {
			t.Errorf("%s counts another provider's callbacks", p.alarm)
		}
	}
	raw, err := os.ReadFile("../../docs/runbook.md")
	if err != nil || !hasSection(string(raw), "callbacks-not-verified") {
		t.Errorf("the runbook does not say how to look (%v)", err)
	}
}

// scoped is which parameter holds the scopes of a route: by what a caller can do there.
var scoped = map[string]string{
	"JwtCreateIntegration": "JwtPayScopes", "JwtGetIntegration": "JwtReadScopes", "JwtOperateIntegration": "JwtOperateScopes",
}

// tokensNeedScopes: every token of the issuer could pay, resolve and read otherwise.
func tokensNeedScopes(t *testing.T, s template.Template) {
	t.Helper()
	routes := 0
	for name, r := range s.Resources {
		if r.Type != "AWS::ApiGatewayV2::Route" {
			continue
		}
		routes++
		if strings.Contains(fmt.Sprint(r.Properties["RouteKey"]), "/evidence/") {
			expect(t, name, r.Properties["AuthorizationScopes"], []any{ref("JwtEvidenceScope")}, "kept bodies always need a scope")
			continue
		}
		for integration, parameter := range scoped {
			if strings.Contains(text(r.Properties["Target"]), integration) {
				expect(t, name, r.Properties["AuthorizationScopes"], when(conditions[parameter], ref(parameter)), "a token that may read could also pay")
			}
		}
	}
	if routes < 12 {
		t.Errorf("%d routes", routes)
	}
}

var conditions = map[string]string{"JwtPayScopes": "ScopePaying", "JwtReadScopes": "ScopeReading", "JwtOperateScopes": "ScopeOperating"}

func TestTokensNeedTheScopesOfTheirRoute(t *testing.T) {
	s := service(t)
	tokensNeedScopes(t, s)
	for parameter, condition := range conditions {
		expect(t, parameter, s.Parameters[parameter].Type, "CommaDelimitedList", "an issuer may have several scopes for one right")
		expect(t, parameter, s.Parameters[parameter].Default, "", "an issuer that knows no scopes would be locked out")
		empty := map[string]any{"Fn::Not": []any{map[string]any{"Fn::Equals": []any{map[string]any{"Fn::Join": []any{"", ref(parameter)}}, ""}}}}
		expect(t, condition, s.Conditions[condition], empty, "an empty list is no list for the gateway")
	}
}

func TestTransformedTokensNeedTheScopesOfTheirRoute(t *testing.T) {
	tokensNeedScopes(t, transformed(t))
}

// The brake is pulled while somebody floods what is open to all, or a caller loops.
func TestNobodyTakesTheRoomOfTheBrakes(t *testing.T) {
	controlsHaveRoom(t, service(t), "Api", "JwtStage")
}

func TestTransformedStagesKeepTheRoomOfTheBrakes(t *testing.T) {
	controlsHaveRoom(t, transformed(t), "ApiApiGatewayDefaultStage", "JwtStage")
}

// brakesHaveRoom holds the two stages to throttles of their own for what is open to all and
// for the controls.
func controlsHaveRoom(t *testing.T, s template.Template, signed, tokens string) {
	t.Helper()
	own := []string{"GET /v1/controls", "POST /v1/controls", "POST /v1/statements"}
	for stage, routes := range map[string][]string{signed: append(own, "POST /v1/callbacks/monetix", "POST /v1/callbacks/vexora"), tokens: own} {
		settings, _ := s.Resources[stage].Properties["RouteSettings"].(map[string]any)
		for _, route := range routes {
			if at(settings[route], "ThrottlingRateLimit") == nil || at(settings[route], "ThrottlingBurstLimit") == nil {
				t.Errorf("%s: %s shares its throttle with all others", stage, route)
			}
		}
		if len(settings) != len(routes) {
			t.Errorf("%s has settings of %d routes", stage, len(settings))
		}
		expect(t, stage, settings["POST /v1/statements"], map[string]any{"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 1},
			"files that take long would fill the executions in which brakes are pulled, at once")
	}
	expect(t, tokens, s.Resources[tokens].DependsOn, []any{"JwtControlsRoute", "JwtSetControlsRoute", "JwtStatementsRoute"}, "a stage with settings of a route that is not there is refused")
}
