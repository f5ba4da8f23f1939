//go:build race

package monetix_test

// racing: the race detector makes everything many times slower.
const racing = true
