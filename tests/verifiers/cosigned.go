// Checks cosigned checkpoints with the note package that verifies Go's own checksum database, and
// Go's Ed25519. For each folder below the one named, whose `note` must bear the signature of every
// key in `vkeys`: "accepted NAME" or "refused NAME: why".
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A cosigner as C2SP tlog-cosignature describes it; the package itself knows none.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func verifier(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("not a key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 {
		return nil, errors.New("not a key of 33 bytes")
	}
	if key[0] != 4 {
		return note.NewVerifier(text)
	}
	digest := sha256.Sum256([]byte(parts[0] + "\n" + string(key)))
	hash := binary.BigEndian.Uint32(digest[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("its hash does not fit")
	}
	return cosigner{parts[0], hash, key[1:]}, nil
}

func check(folder string) error {
	signed, err := os.ReadFile(filepath.Join(folder, "note"))
	if err != nil {
		return err
	}
	keys, err := os.ReadFile(filepath.Join(folder, "vkeys"))
	if err != nil {
		return err
	}
	var known []note.Verifier
	for _, text := range strings.Fields(string(keys)) {
		one, err := verifier(text)
		if err != nil {
			return err
		}
		known = append(known, one)
	}
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return err
	}
	if len(opened.Sigs) != len(known) || len(opened.UnverifiedSigs) != 0 {
		return errors.New("not signed by all, or by others")
	}
	return nil
}

func main() {
	folders, _ := filepath.Glob(filepath.Join(os.Args[1], "*", "note"))
	sort.Strings(folders)
	for _, path := range folders {
		folder := filepath.Dir(path)
		if err := check(folder); err != nil {
			fmt.Printf("refused %s: %v\n", filepath.Base(folder), err)
		} else {
			fmt.Printf("accepted %s\n", filepath.Base(folder))
		}
	}
}
