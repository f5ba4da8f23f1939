// Package boot turns an environment into running functions: it reads and checks the
// variables that a function uses, configures AWS access in one place, and serves what
// [wire.Assembly] builds of them.
package boot
