// Package memstore is the store in memory: the simulation and tests run on it. It passes the same
// conformance suite as the stores that keep anything, and nothing in it ever fails. Faults are put
// around it by whoever needs them.
package memstore
