// Package memstore is the store in memory: the simulation and tests run on it. It passes the same
// conformance suite as the stores that keep anything, and nothing in it ever fails. Faults are put
// around it by whoever needs them.
//
// Every request is one function under one lock, so it is atomic and always clear, and every list
// is up to date. The simulation needs what real tables do besides (answers that are lost, an
// index that lags, processes that die) and puts it around the store, where one seed decides about
// it.
//
// It keeps times as finely as they come, unlike the other two, and drops nothing when its time is
// over: no caller may rely on either.
package memstore
