//go:build !race

package sim

// racing: the race detector makes everything many times slower.
const racing = false
