package bank

import (
	_ "embed" // for directory.csv
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed directory.csv
var directoryCSV string

// The columns of directory.csv, in order; the file's head explains the sources.
const (
	slugColumn = iota
	nameColumn
	vexoraCodeColumn
	vexoraSourceColumn
	vexoraEnabledColumn
	monetixIDColumn
	monetixSourceColumn
	monetixEnabledColumn
	columnCount
)

// readDirectory reads the embedded table. It is strict, so that a slip in the
// data fails the tests and not a payout.
func readDirectory(text string) (map[Slug]Bank, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.Comment = '#'
	r.FieldsPerRecord = columnCount
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDirectory, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: no header", ErrDirectory)
	}
	banks := make(map[Slug]Bank, len(rows))
	var faults []error
	for _, row := range rows[1:] {
		b, err := readRow(row)
		if _, taken := banks[b.Slug]; taken {
			err = errors.Join(err, errors.New("the slug is used twice"))
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%w: %q: %w", ErrDirectory, row[slugColumn], err))
		}
		banks[b.Slug] = b
	}
	return banks, errors.Join(faults...)
}

func readRow(row []string) (Bank, error) {
	b := Bank{Slug: Slug(row[slugColumn]), Name: row[nameColumn]}
	b.Vexora.Code = VexoraCode(row[vexoraCodeColumn])
	id, idErr := readID(row[monetixIDColumn])
	b.Monetix.ID = id
	vexoraErr := readRoute(row[vexoraCodeColumn:monetixIDColumn], &b.Vexora.Source, &b.Vexora.Enabled)
	monetixErr := readRoute(row[monetixIDColumn:], &b.Monetix.Source, &b.Monetix.Enabled)
	return b, errors.Join(idErr, vexoraErr, monetixErr)
}

func readID(text string) (MonetixID, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is not a Monetix id", text)
	}
	return MonetixID(id), nil
}

// readRoute reads a route's three cells: code, source, enabled. A code without a
// source is refused, because nobody could say later why it was trusted.
func readRoute(cells []string, source *Source, enabled *bool) error {
	code, from, on := cells[0], Source(cells[1]), cells[2]
	known := []Source{MonetixPage, MonetixDocsCopy, VexoraThirdParty}
	switch {
	case on != "yes" && on != "no":
		return fmt.Errorf("enabled is %q, not yes or no", on)
	case code == "" && from != "":
		return fmt.Errorf("source %q without a code", from)
	case code != "" && !slices.Contains(known, from):
		return fmt.Errorf("code %s from the unknown source %q", code, from)
	}
	*source, *enabled = from, on == "yes"
	return nil
}
