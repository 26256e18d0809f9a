// Checks bundles of evidence with the note and tlog packages that verify Go's own checksum
// database. For each folder below the one named: "accepted NAME" or "refused NAME: why".
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofs struct {
	Inclusion []struct {
		Index int64
		Leaf  []byte
		Proof [][]byte
	}
	Consistency []struct {
		OldSize int64  `json:"old_size"`
		OldRoot []byte `json:"old_root"`
		Proof   [][]byte
	}
}

func main() {
	vkey, err := os.ReadFile(filepath.Join(os.Args[1], "vkey"))
	if err != nil {
		panic(err)
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		panic(err)
	}
	folders, _ := filepath.Glob(filepath.Join(os.Args[1], "*", "checkpoint"))
	sort.Strings(folders)
	for _, path := range folders {
		folder := filepath.Dir(path)
		if err := check(folder, verifier); err != nil {
			fmt.Printf("refused %s: %v\n", filepath.Base(folder), err)
		} else {
			fmt.Printf("accepted %s\n", filepath.Base(folder))
		}
	}
}

func check(folder string, verifier note.Verifier) error {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return errors.New("not a checkpoint of this desk")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return err
	}
	all, err := os.ReadFile(filepath.Join(folder, "entries.jsonl"))
	if err != nil {
		return err
	}
	entries := bytes.Split(bytes.TrimSuffix(all, []byte("\n")), []byte("\n"))
	text, err := os.ReadFile(filepath.Join(folder, "proofs.json"))
	if os.IsNotExist(err) {
		return whole(entries, size, root)
	}
	if err != nil {
		return err
	}
	var given proofs
	if err := json.Unmarshal(text, &given); err != nil {
		return err
	}
	if len(given.Inclusion) != len(entries) {
		return errors.New("not one proof for each event")
	}
	for at, one := range given.Inclusion {
		if !bytes.Equal(one.Leaf, entries[at]) {
			return errors.New("a proof of another event")
		}
		steps, err := hashes(one.Proof)
		if err != nil {
			return err
		}
		leaf := tlog.RecordHash(entries[at])
		if err := tlog.CheckRecord(steps, size, root, one.Index, leaf); err != nil {
			return err
		}
	}
	for _, one := range given.Consistency {
		steps, err := hashes(one.Proof)
		if err != nil {
			return err
		}
		old, err := tlog.ParseHash(base64.StdEncoding.EncodeToString(one.OldRoot))
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(steps, size, root, one.OldSize, old); err != nil {
			return err
		}
	}
	return nil
}

func whole(entries [][]byte, size int64, root tlog.Hash) error {
	if int64(len(entries)) != size {
		return errors.New("events are missing")
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = stored[index]
		}
		return found, nil
	})
	for n, entry := range entries {
		more, err := tlog.StoredHashes(int64(n), entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	computed, err := tlog.TreeHash(size, reader)
	if err != nil {
		return err
	}
	if computed != root {
		return errors.New("another root")
	}
	return nil
}

func hashes(steps [][]byte) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(steps))
	for at, step := range steps {
		if copy(found[at][:], step) != tlog.HashSize || len(step) != tlog.HashSize {
			return nil, errors.New("a step of another length")
		}
	}
	return found, nil
}
