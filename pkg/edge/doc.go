// Package edge is where HTTP ends and the domain begins: it reads API Gateway
// and function URL events (payload format 2.0), decodes strictly, and writes
// answers and RFC 9457 problems. It decides nothing about money.
package edge
