// Package wire puts the service together, without AWS: it has a row for each provider,
// registers them before anything starts, and builds the use cases from their parts. The
// functions on Lambda, the local run, the cost page and the simulation are all built here,
// so that what the simulation proves is what is deployed.
package wire
