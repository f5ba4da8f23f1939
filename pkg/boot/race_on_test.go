//go:build race

package boot_test

// racing: the race detector makes everything many times slower.
const racing = true
