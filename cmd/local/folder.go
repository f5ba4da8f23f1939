package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"cambodia-payouts/pkg/localstore"
)

// What else the data folder holds, beside the stack key.
const (
	storeName  = "payouts.db"
	ledgerName = "ledger.jsonl"
)

// unusable says which file of the data folder stands in the way, and what to do next. The three
// belong together: a store without its key can compare nothing, and without the ledger it would ask
// a provider that has forgotten what it paid. So the advice is never to move one of them alone.
func unusable(folder, name string, err error) error {
	other := "DATA_DIR=" + filepath.Clean(folder) + "-2"
	if errors.Is(err, localstore.ErrInUse) {
		return fmt.Errorf("%w; stop the other run, or give this one a folder of its own beside its own port, such as %s PORT=%d make run", err, other, defaultPort+100)
	}
	return fmt.Errorf("%s cannot be used (%w); what the folder holds belongs together: move %s away as a whole, or take another one, such as %s make run",
		filepath.Join(folder, name), err, filepath.Clean(folder), other)
}
