// Package gate decides whether a new version of a function may have traffic. CodeDeploy
// calls it before it moves any: the gate asks that very version for a selftest and
// answers with its judgement. Neither the alias nor the version that serves is touched.
//
// It proves what a selftest proves, in memory: the version starts with its role, its
// secrets and its settings; it verifies, maps, signs and encodes samples. It proves
// nothing of providers, of the table's content, of the network, or of how the version
// behaves under load. The canary and its alarms look at that afterwards.
package gate
