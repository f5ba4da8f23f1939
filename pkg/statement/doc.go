// Package statement reads a provider's statement from a CSV file. Neither provider
// publishes the format of its exports, so which column means what is a mapping
// that the merchant can set; nothing in a file is guessed.
package statement
