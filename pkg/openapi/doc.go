// Package openapi holds answers against openapi.yaml, the description of the API. Tests use it:
// what is answered has to be documented, and what is documented has to be answered somewhere.
package openapi
