package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyName is the file beside the store that holds the key of its hashes. On AWS the template
// generates it. Losing it costs as much as losing the store, so that it lies in the same folder.
const keyName = "stack-key"

// readStackKey reads the folder's key, or makes one. A store is of no use without its key,
// so it is on the disk before the store is opened. A file that is there and cannot be read is an
// error and never replaced: another key would refuse every replay.
func readStackKey(folder string) (string, error) {
	path := filepath.Join(folder, keyName)
	held, err := os.ReadFile(path) //nolint:gosec // our own folder
	if err == nil {
		return string(held), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the stack key: %w", err)
	}
	// 52 characters; a key has at least 32.
	fresh := rand.Text() + rand.Text()
	if err := writeWhole(path, fresh); err != nil {
		return "", fmt.Errorf("keep the stack key: %w", err)
	}
	return fresh, nil
}

// writeWhole puts a file there as a whole or not at all: half a key would be another one. The text
// is synced before the rename, or a crash could leave the name without the text.
func writeWhole(path, text string) (err error) {
	draft, err := os.CreateTemp(filepath.Dir(path), keyName+"-*") // for its owner alone
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(draft.Name()))
		}
	}()
	_, failed := draft.WriteString(text)
	if err := errors.Join(failed, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	return os.Rename(draft.Name(), path)
}
