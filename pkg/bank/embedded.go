package bank

import (
	_ "embed" // for directory.csv
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cambodia-payouts/pkg/payout"
)

//go:embed directory.csv
var directoryCSV string

// readDirectory reads the embedded table. It is strict, so that a slip in the
// data fails the tests and not a payout.
func readDirectory(text string, codes []Codes) (map[Slug]Bank, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDirectory, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: no header", ErrDirectory)
	}
	if err := checkHeader(rows[0], codes); err != nil {
		return nil, err
	}
	banks := make(map[Slug]Bank, len(rows))
	var faults []error
	for _, cells := range rows[1:] {
		row := map[string]string{}
		for i, column := range rows[0] {
			row[column] = cells[i]
		}
		b, err := readRow(row, codes)
		if _, taken := banks[b.Slug]; taken {
			err = errors.Join(err, errors.New("the slug is used twice"))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: %q: %w", ErrDirectory, b.Slug, err))
		}
		banks[b.Slug] = b
	}
	return banks, errors.Join(faults...)
}

// checkHeader refuses columns that nobody reads, which hold a misspelt name. A provider without
// columns is not in the directory: the merchant's settings enable banks there.
func checkHeader(header []string, codes []Codes) error {
	known := map[string]bool{"slug": true, "name": true}
	for _, c := range codes {
		columns := []string{c.column(c.Member), c.column("source"), c.column("enabled")}
		has := len(slices.DeleteFunc(slices.Clone(columns), func(column string) bool { return !slices.Contains(header, column) }))
		if has != 0 && has != len(columns) {
			return fmt.Errorf("%w: the columns of %s are %v", ErrDirectory, c.Provider, columns)
		}
		for _, column := range columns {
			known[column] = true
		}
	}
	for _, column := range header {
		if !known[column] {
			return fmt.Errorf("%w: nobody reads the column %q, or it is there twice", ErrDirectory, column)
		}
		delete(known, column)
	}
	if known["slug"] || known["name"] {
		return fmt.Errorf("%w: slug and name are required", ErrDirectory)
	}
	return nil
}

// readRow reads one bank. A provider that has no columns in the file gets no route.
func readRow(row map[string]string, codes []Codes) (Bank, error) {
	b := Bank{Slug: Slug(row["slug"]), Name: row["name"], Routes: map[payout.Provider]Route{}}
	var faults []error
	for _, c := range codes {
		if _, there := row[c.column("enabled")]; !there {
			continue
		}
		route, err := c.readRoute(row)
		faults = append(faults, err)
		if route != (Route{}) {
			b.Routes[c.Provider] = route
		}
	}
	return b, errors.Join(faults...)
}

// readRoute reads a route's three cells: code, source, enabled. A code without a
// source is refused, because nobody could say later why it was trusted.
func (c Codes) readRoute(row map[string]string) (Route, error) {
	code, from, on := row[c.column(c.Member)], Source(row[c.column("source")]), row[c.column("enabled")]
	switch {
	case on != "yes" && on != "no":
		return Route{}, fmt.Errorf("enabled is %q, not yes or no", on)
	case code == "" && from != "":
		return Route{}, fmt.Errorf("source %q without a code", from)
	case code != "" && !c.trusts(from):
		return Route{}, fmt.Errorf("code %s from the unknown source %q", code, from)
	}
	return Route{Code(code), on == "yes", from}, nil
}
