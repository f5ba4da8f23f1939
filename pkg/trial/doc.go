// Package trial is a provider that does not exist. It proves that one more takes a room and a
// row: with the build tag trial it is wired, simulated and tested like the others, and without
// it nothing of it is built. docs/adding-a-provider.md is the recipe that it was made by.
package trial
