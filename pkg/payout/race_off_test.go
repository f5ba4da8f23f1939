//go:build !race

package payout_test

// racing: the race detector makes everything many times slower.
const racing = false
