// Package wire puts the service together: it has a row for each provider, and registers them
// before anything starts.
package wire
