package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
)

// pricesOf is the day of the table. Prices change and differ by region; check them
// before relying on the sums. The page names the day, since a sum without one is believed for
// ever.
const pricesOf = "2026-11-21"

//go:embed prices.csv
var pricesCSV []byte

// prices are in nano-dollars per unit. A write unit costs 625 of them: in whole cents most prices
// would be nothing. Free shares of an account, which the file's notes name, are not taken off:
// others may use them up.
type prices map[string]int64

// loadPrices reads the table that is compiled in. The first row names the columns.
func loadPrices() (prices, error) {
	rows, err := csv.NewReader(bytes.NewReader(pricesCSV)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the prices: %w", err)
	}
	all := prices{}
	for _, row := range rows[1:] {
		if all[row[0]], err = strconv.ParseInt(row[1], 10, 64); err != nil {
			return nil, fmt.Errorf("price of %s: %w", row[0], err)
		}
	}
	return all, nil
}

// dollars writes nano-dollars as dollars and cents. Cents are rounded when they are printed; sums
// are made of the exact figures.
func dollars(nano int64) string {
	cents := (nano + 5_000_000) / 10_000_000
	return fmt.Sprintf("%d.%02d", cents/100, cents%100)
}
