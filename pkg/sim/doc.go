// Package sim tries to break the four promises. It runs the real domain, connectors, edge and
// secret cache over a store, a network and a clock that it controls, one seed a history: every
// choice (who runs next, what is lost, who crashes, what a provider does) comes from one
// generator, so that a history can be told again, and shrunk. What each part proves, and what it
// does not, is in docs/proof.md.
//
// People give any order at any time, bring files that lie, and come under two names; providers
// speak late, of attempts that were replaced or never made; settings change.
//
// A process is one invocation of a function. It runs alone until it comes to a point: a store
// request, a provider request, a wait. There the engine decides who goes on, after how long, and
// under which fate. So the order of requests is tried, and what goes on inside of one process
// between two requests is not: data races are the race detector's.
//
// A judge is told of every change as it is stored, of every submission as it leaves, of every
// answer as it is given, and of everything once more when the history is quiet. Judges know two
// things that the service has to work out: what the providers have truly done (their ledgers),
// and which words were delivered and acknowledged (the dossiers). They never ask the domain what
// a word was worth, or they would agree with whatever it does.
//
// A simulation that finds nothing may have nothing to find, or may be blind. Mutants tell the two
// apart: each is wrong code around a port of the real one, and each has to be found. Histories
// that found one are kept in testdata/regressions.json.
//
// Whoever adds a fault, a draw or a composition moves the meaning of every later choice: a seed
// then tells another history. The kept histories have to be recorded anew (go run ./cmd/sim
// -mutants -record FILE), and a seed that a page names stands for the history of the commit that
// found it.
package sim
