package dynamo

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
)

// The first byte of stored evidence says how the rest is packed. A format is
// never changed, only followed by a new one; readers of the new one have to be
// deployed before its writers.
const (
	formatPlain  = 0x00 // as it came: compression would have made it longer
	formatFlate1 = 0x01 // DEFLATE with dictionary1
)

// rawLimit bounds what unpacking may produce, against a crafted item. It is
// sixteen times what the callback endpoints accept. Anything longer is known by
// its SHA-256 only: evidence that cannot be read back must not be written.
const rawLimit = 1 << 20

var (
	// Neither error holds a byte of the body: bodies name people and accounts.
	errEvidenceFormat = errors.New("evidence is packed in an unknown format")
	errEvidenceSize   = errors.New("evidence unpacks to more than its limit")
)

// pack compresses the raw bytes of a claim; nil for none. It is nil as well for what is longer
// than can be read back; the entry's hash stands for that. A report has no hash of its own
// content, so [Store.KeepReport] makes it an error.
func pack(raw []byte) []byte {
	if len(raw) == 0 || len(raw) > rawLimit {
		return nil
	}
	packed, err := deflate(raw)
	if err != nil || len(packed) > len(raw) {
		return append([]byte{formatPlain}, raw...)
	}
	return packed
}

// deflate packs as tightly as the library can: the bytes are paid for with every later write of
// the item, and the packing is done once.
func deflate(raw []byte) ([]byte, error) {
	packed := bytes.NewBuffer([]byte{formatFlate1})
	w, err := flate.NewWriterDict(packed, flate.BestCompression, []byte(dictionary1))
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// unpack returns the bytes as they came. The first byte alone decides how, so evidence of every
// release can be read for as long as it is kept.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	switch format, rest := packed[0], packed[1:]; format {
	case formatPlain:
		return bytes.Clone(rest), nil
	case formatFlate1:
		return inflate(rest)
	}
	return nil, errEvidenceFormat
}

// inflate reads one byte more than the limit, so that what has just the limit is told from what
// exceeds it.
func inflate(packed []byte) ([]byte, error) {
	r := flate.NewReaderDict(bytes.NewReader(packed), []byte(dictionary1))
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, rawLimit+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > rawLimit {
		return nil, errEvidenceSize
	}
	return raw, nil
}
