// Package edge is where HTTP ends and the domain begins: it reads API Gateway
// and function URL events (payload format 2.0), decodes strictly, and writes
// answers and RFC 9457 problems. It decides nothing about money. Faults of a request are values in
// the reply. An error of a handler is a failed invocation, which alarms and takes deployments back,
// so that no caller may be able to cause one.
package edge
