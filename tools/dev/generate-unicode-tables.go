// Writes the Unicode tables that regular expressions need, from the tables of
// Go's package unicode, whose version is that of the oracle:
//
//	go run tools/dev/generate-unicode-tables.go \
//	  > src/engine/runtime/assembly/builtins/regex/unicode-tables.ts
package main

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
)

const aliasMark = 0xffff

func main() {
	var classes []byte
	for _, name := range sortedKeys(unicode.Categories) {
		// The others are unions or complements of the two-letter ones.
		if len(name) == 2 && name != "LC" && name != "Cn" {
			classes = appendClass(classes, name, unicode.Categories[name])
		}
	}
	for _, name := range sortedKeys(unicode.Scripts) {
		classes = appendClass(classes, name, unicode.Scripts[name])
	}
	for _, alias := range sortedKeys(unicode.CategoryAliases) {
		name := canonical(alias)
		target := unicode.CategoryAliases[alias]
		classes = append(classes, byte(len(name)))
		classes = append(classes, name...)
		classes = append(classes, aliasMark&255, aliasMark>>8, byte(len(target)))
		classes = append(classes, target...)
	}
	classes = append(classes, 0)
	fmt.Printf("// Made by tools/dev/generate-unicode-tables.go from Unicode %s.\n\n", unicode.Version)
	fmt.Println("// Per class: length of the name, name, u16 bytes of ranges, ranges as LEB128")
	fmt.Println("// (distance from the end of the last, length - 1); or an alias: 65535, length")
	fmt.Println("// of the name it stands for, that name. A length of 0 ends the table.")
	printTable("UNICODE_CLASSES", classes)
	fmt.Println("\n// Per run of code points with other cases, as LEB128: distance from the end of")
	fmt.Println("// the last, length - 1, distance to the next case doubled, plus 1 when negative;")
	fmt.Println("// 2 swaps even with the odd after it, 3 odd with the even after it. 0, 0, 0 ends it.")
	printTable("CASE_ORBITS", orbits())
}

func sortedKeys[T any](m map[string]T) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// canonical is the form in which names are compared: one capital, no separators.
func canonical(name string) string {
	name = strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(name))
	return strings.ToUpper(name[:1]) + name[1:]
}

func appendClass(out []byte, name string, table *unicode.RangeTable) []byte {
	var ranges []byte
	var low, high, last rune = -1, -2, 0
	flush := func() {
		if low >= 0 {
			ranges = appendVarint(ranges, uint32(low-last))
			ranges = appendVarint(ranges, uint32(high-low))
			last = high + 1
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(table, r) {
			continue
		}
		if r != high+1 {
			flush()
			low = r
		}
		high = r
	}
	flush()
	name = canonical(name)
	out = append(out, byte(len(name)))
	out = append(out, name...)
	out = append(out, byte(len(ranges)), byte(len(ranges)>>8))
	return append(out, ranges...)
}

func orbits() []byte {
	var out []byte
	var low, last, code rune = -1, 0, 0
	high := rune(-2)
	flush := func() {
		if low >= 0 {
			out = appendVarint(out, uint32(low-last))
			out = appendVarint(out, uint32(high-low))
			out = appendVarint(out, uint32(code))
			last = high + 1
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		next := unicode.SimpleFold(r)
		if next == r {
			continue
		}
		if c := orbitCode(r, next); r != high+1 || c != code {
			flush()
			low, code = r, c
		}
		high = r
	}
	flush()
	return append(out, 0, 0, 0)
}

func orbitCode(r, next rune) rune {
	distance := next - r
	if distance == 1 || distance == -1 {
		return 2 + (min(r, next) & 1)
	}
	if distance < 0 {
		return -distance*2 + 1
	}
	return distance * 2
}

func appendVarint(out []byte, v uint32) []byte {
	for v >= 128 {
		out = append(out, byte(v)|128)
		v >>= 7
	}
	return append(out, byte(v))
}

func printTable(name string, data []byte) {
	fmt.Printf("// @ts-ignore: static data\nexport const %s = memory.data<u8>([", name)
	for i, b := range data {
		if i%24 == 0 {
			fmt.Print("\n ")
		}
		fmt.Printf(" %d,", b)
	}
	fmt.Println("\n]);")
}
