package main

import (
	"fmt"
	"sort"

	"github.com/hashicorp/hcl/v2"
)

// textFile is a file as the host sends it.
type textFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Place is a range as the host wants it: file index, line, column, end line, end column; columns count code points.
type Place [5]int

type source struct {
	index int
	text  []byte
	lines []int
	// starts counts the code points before each block of the text; nil when each byte is one.
	starts []int
}

const countedBlock = 256

// Sources turns HCL's ranges, whose columns are grapheme clusters, into places.
type Sources struct {
	names []string
	files map[string]*source
}

func newSources() *Sources {
	return &Sources{files: map[string]*source{}}
}

func (s *Sources) add(name string, text []byte) {
	file := &source{index: len(s.names), text: text, lines: []int{0}}
	count := 0
	for i, b := range text {
		if i%countedBlock == 0 {
			file.starts = append(file.starts, count)
		}
		if startsCodePoint(b) {
			count++
		}
		if b == '\n' {
			file.lines = append(file.lines, i+1)
		}
	}
	if count == len(text) {
		file.starts = nil
	}
	s.names = append(s.names, name)
	s.files[name] = file
}

func (s *Sources) place(r hcl.Range) *Place {
	file, known := s.files[r.Filename]
	if !known {
		return nil
	}
	line, column := file.position(r.Start.Byte)
	endLine, endColumn := file.position(r.End.Byte)
	return &Place{file.index, line, column, endLine, endColumn}
}

func (f *source) position(at int) (line, column int) {
	at = max(0, min(at, len(f.text)))
	line = sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > at })
	return line, f.codePoints(at) - f.codePoints(f.lines[line-1]) + 1
}

// Fault is one of HashiCorp's diagnostics.
type Fault struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Place    *Place `json:"place,omitempty"`
}

func (s *Sources) faults(diags hcl.Diagnostics) []Fault {
	faults := make([]Fault, 0, len(diags))
	for _, diag := range diags {
		fault := Fault{Severity: "error", Summary: diag.Summary, Detail: diag.Detail + meant(diag)}
		if diag.Severity == hcl.DiagWarning {
			fault.Severity = "warning"
		}
		if diag.Subject != nil {
			fault.Place = s.place(*diag.Subject)
		} else if diag.Context != nil {
			fault.Place = s.place(*diag.Context)
		}
		faults = append(faults, fault)
	}
	return faults
}

func startsCodePoint(b byte) bool { return b&0xC0 != 0x80 }

// codePoints counts those before a byte of the text.
func (f *source) codePoints(at int) int {
	if f.starts == nil {
		return at
	}
	block := min(at/countedBlock, len(f.starts)-1)
	count := f.starts[block]
	for _, b := range f.text[block*countedBlock : at] {
		if startsCodePoint(b) {
			count++
		}
	}
	return count
}

func fault(at hcl.Range, summary, format string, args ...any) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: at.Ptr()}
}
