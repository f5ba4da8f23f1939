// Package statement reads a provider's statement from a CSV file (parse.go), by a mapping
// (mapping.go), and compares it with our payouts ([Importer]; against.go says how one line stands).
// Neither provider publishes the format of its exports, so which column means what is a mapping
// that the merchant can set; nothing in a file is guessed. What a line may do to a payout is not
// said here but in package payout.
package statement
