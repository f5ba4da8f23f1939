// Package boot turns an environment into running functions: it reads and checks
// the variables that a function uses, configures AWS access in one place, builds
// the use cases from their parts and warms them up. The local run builds the same
// use cases from other parts, through the same [Deployment].
package boot
