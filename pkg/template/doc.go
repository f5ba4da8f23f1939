// Package template reads the SAM template as data, intrinsic functions included,
// so that the local stand-in for AWS makes what a deployment would make, and tests
// can hold the template to what the design promises.
package template
