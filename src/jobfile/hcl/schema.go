//go:build !text

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Schema is what may stand in a block, as the host's table says it.
type Schema struct {
	// Attributes by name, with the type that a value is converted to.
	Attributes map[string]string
	// Maps are free keys, written as a block or as an attribute; with the type of a value.
	Maps map[string]string
	// Trees are blocks of any content.
	Trees  []string
	Blocks map[string]BlockSchema
	body   *hcl.BodySchema
}

type BlockSchema struct {
	Label string
	// Body is the number of a schema.
	Body int
}

var types = map[string]cty.Type{
	"string":       cty.String,
	"number":       cty.Number,
	"bool":         cty.Bool,
	"list(string)": cty.List(cty.String),
	"list(number)": cty.List(cty.Number),
	"any":          cty.DynamicPseudoType,
}

// schemas are what the host defined; there is one host to an instance.
var schemas struct {
	names map[string]int
	// lines are the schemas as the host wrote them, by their number.
	lines []string
	// read are those that were needed: a file has few of all the blocks there are.
	read map[int]*Schema
}

// define takes a line of names, each followed by a schema's number, and one line for each schema.
func define(request []byte) (any, error) {
	names, lines, _ := strings.Cut(string(request), "\n")
	schemas.names = map[string]int{}
	for name, number := range pairs(names) {
		schemas.names[name] = toNumber(number)
	}
	schemas.lines = strings.Split(lines, "\n")
	schemas.read = map[int]*Schema{}
	return true, nil
}

func schemaNamed(name string) (*Schema, error) {
	number, known := schemas.names[name]
	if !known {
		return nil, fmt.Errorf("no schema %q", name)
	}
	return schemaOf(number), nil
}

func schemaOf(number int) *Schema {
	if schemas.read[number] == nil {
		schemas.read[number] = readSchema(schemas.lines[number])
	}
	return schemas.read[number]
}

// readSchema reads a line of four parts: attributes with types, maps with types, trees, and blocks, each with its label
// or a dash and the number of its schema.
func readSchema(line string) *Schema {
	parts := strings.Split(line, "\t")
	s := &Schema{
		Attributes: pairs(parts[0]),
		Maps:       pairs(parts[1]),
		Trees:      strings.Fields(parts[2]),
		Blocks:     map[string]BlockSchema{},
	}
	blocks := strings.Fields(parts[3])
	for i := 0; i+2 < len(blocks); i += 3 {
		s.Blocks[blocks[i]] = BlockSchema{strings.Trim(blocks[i+1], "-"), toNumber(blocks[i+2])}
	}
	s.prepare()
	return s
}

func pairs(text string) map[string]string {
	words := strings.Fields(text)
	found := map[string]string{}
	for i := 0; i+1 < len(words); i += 2 {
		found[words[i]] = words[i+1]
	}
	return found
}

func toNumber(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return number
}

// prepare makes HCL's own form of the schema.
func (s *Schema) prepare() {
	s.body = &hcl.BodySchema{}
	for name, kind := range s.Attributes {
		if _, known := types[kind]; !known {
			panic(fmt.Sprintf("%s: unknown type %q", name, kind))
		}
		s.body.Attributes = append(s.body.Attributes, hcl.AttributeSchema{Name: name})
	}
	for name := range s.Maps {
		s.body.Attributes = append(s.body.Attributes, hcl.AttributeSchema{Name: name})
		s.body.Blocks = append(s.body.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	for _, name := range s.Trees {
		s.body.Blocks = append(s.body.Blocks, hcl.BlockHeaderSchema{Type: name})
	}
	for name, block := range s.Blocks {
		header := hcl.BlockHeaderSchema{Type: name}
		if block.Label != "" {
			header.LabelNames = []string{block.Label}
		}
		s.body.Blocks = append(s.body.Blocks, header)
	}
}

// forJSON leaves maps out of the blocks: JSON cannot tell the two apart, and an attribute keeps every key.
func (s *Schema) forJSON() *hcl.BodySchema {
	body := &hcl.BodySchema{Attributes: s.body.Attributes}
	for _, block := range s.body.Blocks {
		if _, isMap := s.Maps[block.Type]; !isMap {
			body.Blocks = append(body.Blocks, block)
		}
	}
	return body
}
