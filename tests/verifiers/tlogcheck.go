// tlogcheck verifies a log directory, and proofs taken from it, with golang.org/x/mod's note and
// tlog alone: nothing of retentiond takes part.
//
//	tlogcheck directory DIRECTORY VKEY
//	tlogcheck entry PROOF VKEY
//	tlogcheck consistency PROOF VKEY OLD
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, args ...interface{}) {
	fmt.Fprintf(os.Stderr, "tlogcheck: "+format+"\n", args...)
	os.Exit(1)
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	return data
}

// open verifies a checkpoint: origin, size and root, signed by the key.
func open(msg []byte, vkeyFile string) tlog.Tree {
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(vkeyFile))))
	if err != nil {
		fail("vkey: %v", err)
	}
	n, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("checkpoint is not origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("size: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("root: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

// tiles reads tiles by their C2SP tlog-tiles names: those of tlog without the height.
type tiles struct{ directory string }

func name(t tlog.Tile) string {
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

func (tiles) Height() int { return 8 }

func (r tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, t := range want {
		bytes, err := os.ReadFile(filepath.Join(r.directory, name(t)))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// bundle splits the entries of bundle n.
func bundle(directory string, n, size int64) ([][]byte, error) {
	t := tlog.Tile{H: 8, L: -1, N: n, W: 256}
	if left := size - n*256; left < 256 {
		t.W = int(left)
	}
	data := read(filepath.Join(directory, strings.Replace(name(t), "tile/data/", "tile/entries/", 1)))
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 || int(binary.BigEndian.Uint16(data)) > len(data)-2 {
			return nil, errors.New("cut off")
		}
		length := int(binary.BigEndian.Uint16(data))
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if len(entries) != t.W {
		return nil, fmt.Errorf("%d entries instead of %d", len(entries), t.W)
	}
	return entries, nil
}

// directory: every entry's hash is the one in the tiles, which lead to the signed root; proofs of
// some entries, and of consistency with some smaller sizes, made and checked by tlog.
func directory(path, vkey string) {
	tree := open(read(filepath.Join(path, "checkpoint")), vkey)
	hashes := tlog.TileHashReader(tree, tiles{path})
	for n := int64(0); n*256 < tree.N; n++ {
		entries, err := bundle(path, n, tree.N)
		if err != nil {
			fail("bundle %d: %v", n, err)
		}
		var indexes []int64
		for i := range entries {
			indexes = append(indexes, tlog.StoredHashIndex(0, n*256+int64(i)))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			fail("tiles: %v", err)
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				fail("entry %d is not the one in the tree", n*256+int64(i))
			}
		}
	}
	for _, n := range []int64{0, 1, tree.N / 2, tree.N - 1} {
		if n < 0 || n >= tree.N {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, n, hashes)
		if err != nil {
			fail("proof of %d: %v", n, err)
		}
		entries, err := bundle(path, n/256, tree.N)
		if err != nil {
			fail("bundle %d: %v", n/256, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(entries[n%256])); err != nil {
			fail("entry %d: %v", n, err)
		}
	}
	kept, _ := filepath.Glob(filepath.Join(path, "checkpoints", "*"))
	for _, file := range kept {
		old := open(read(file), vkey)
		proof, err := tlog.ProveTree(tree.N, old.N, hashes)
		if err != nil {
			fail("%s: %v", file, err)
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			fail("%s: %v", file, err)
		}
	}
	fmt.Printf("%d entries, %d checkpoints\n", tree.N, len(kept))
}

// lines takes fields off the top of a proof, and the hashes up to the blank line.
type lines struct{ rest []byte }

func (l *lines) next() string {
	i := bytes.IndexByte(l.rest, '\n')
	if i < 0 {
		fail("proof is cut off")
	}
	line := string(l.rest[:i])
	l.rest = l.rest[i+1:]
	return line
}

func (l *lines) field(name string) string {
	line := l.next()
	if !strings.HasPrefix(line, name+" ") {
		fail("proof has no %s", name)
	}
	return line[len(name)+1:]
}

func (l *lines) number(name string) int64 {
	n, err := strconv.ParseInt(l.field(name), 10, 64)
	if err != nil {
		fail("%v", err)
	}
	return n
}

func (l *lines) hashes() []tlog.Hash {
	var hashes []tlog.Hash
	for line := l.next(); line != ""; line = l.next() {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			fail("%v", err)
		}
		hashes = append(hashes, hash)
	}
	return hashes
}

func entry(path, vkey string) {
	l := &lines{read(path)}
	if l.next() != "c2sp.org/tlog-proof@v1" {
		fail("not a proof of an entry")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(l.field("extra"))
	if err != nil {
		fail("%v", err)
	}
	index := l.number("index")
	proof := l.hashes()
	tree := open(l.rest, vkey)
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(data)); err != nil {
		fail("%v", err)
	}
	fmt.Printf("entry %d of %d\n", index, tree.N)
}

func consistency(path, vkey, oldFile string) {
	l := &lines{read(path)}
	size := l.number("old")
	proof := l.hashes()
	tree := open(l.rest, vkey)
	old := open(read(oldFile), vkey)
	if size != old.N {
		fail("proof is from size %d", size)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		fail("%v", err)
	}
	fmt.Printf("%d extends %d\n", tree.N, old.N)
}

func main() {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "directory":
		directory(os.Args[2], os.Args[3])
	case len(os.Args) == 4 && os.Args[1] == "entry":
		entry(os.Args[2], os.Args[3])
	case len(os.Args) == 5 && os.Args[1] == "consistency":
		consistency(os.Args[2], os.Args[3], os.Args[4])
	default:
		fail("usage: tlogcheck directory DIRECTORY VKEY | entry PROOF VKEY | consistency PROOF VKEY OLD")
	}
}
