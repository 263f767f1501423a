package main

import (
	"bytes"
	"slices"
)

// withoutSimpleLines blanks the lines that set a name to one plain value. No bracket or operator opens or closes in
// them, wherever they stand; what looks at the shape of a file needs only the others, and lexing is most of its cost.
func withoutSimpleLines(text []byte) []byte {
	var blanked []byte
	for start := 0; start < len(text); {
		end := len(text)
		if length := bytes.IndexByte(text[start:], '\n'); length >= 0 {
			end = start + length
		}
		if isSimpleLine(text[start:end]) {
			if blanked == nil {
				blanked = slices.Clone(text)
			}
			for at := start; at < end; at++ {
				blanked[at] = ' '
			}
		}
		start = end + 1
	}
	if blanked == nil {
		return text
	}
	return blanked
}

// isSimpleLine is true for `name = word` and `name = "text"`, the text without escapes and templates.
func isSimpleLine(line []byte) bool {
	name, value, assigns := bytes.Cut(line, []byte{'='})
	if !assigns || !isWord(bytes.TrimSpace(name)) {
		return false
	}
	value = bytes.TrimSpace(value)
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return isWord(value)
	}
	return !bytes.ContainsAny(value[1:len(value)-1], "\"\\$%\r")
}

func isWord(text []byte) bool {
	for _, b := range text {
		if !(b == '_' || b == '.' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
			return false
		}
	}
	return len(text) > 0
}
