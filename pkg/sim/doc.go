// Package sim tries to break the four promises. It runs the real domain,
// connectors, edge and secret cache over a store, a network and a clock that it
// controls, one seed a history: every choice (who runs next, what is lost, who
// crashes, what a provider does) comes from one generator, so that a history can
// be told again, and shrunk.
//
// People give any order at any time, bring files that lie, and come under two names;
// providers speak late, of attempts that were replaced or never made; settings change.
//
// A process is one invocation of a function. It runs alone until it comes to a
// point: a store request, a provider request, a wait. There the engine decides who
// goes on, after how long, and under which fate.
package sim
