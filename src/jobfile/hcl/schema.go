//go:build !text

package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Schema is what may stand in a block, as the host's table says it.
type Schema struct {
	// Attributes by name, with the type that a value is converted to.
	Attributes map[string]string `json:"attributes"`
	// Maps are free keys, written as a block or as an attribute; with the type of a value.
	Maps map[string]string `json:"maps"`
	// Trees are blocks of any content.
	Trees  []string               `json:"trees"`
	Blocks map[string]BlockSchema `json:"blocks"`
	body   *hcl.BodySchema
}

type BlockSchema struct {
	Label string  `json:"label"`
	Body  *Schema `json:"body"`
}

var types = map[string]cty.Type{
	"string":       cty.String,
	"number":       cty.Number,
	"bool":         cty.Bool,
	"list(string)": cty.List(cty.String),
	"list(number)": cty.List(cty.Number),
	"any":          cty.DynamicPseudoType,
}

// schemas are what the host defined, by name; there is one host to an instance.
var schemas = map[string]*Schema{}

func define(request []byte) (any, error) {
	defined := map[string]*Schema{}
	if err := json.Unmarshal(request, &defined); err != nil {
		return nil, err
	}
	for name, schema := range defined {
		if err := schema.prepare(); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		schemas[name] = schema
	}
	return true, nil
}

// prepare makes HCL's own form of the schema, all the way down.
func (s *Schema) prepare() error {
	if s.body != nil {
		return nil
	}
	s.body = &hcl.BodySchema{}
	for name, kind := range s.Attributes {
		if _, known := types[kind]; !known {
			return fmt.Errorf("%s: unknown type %q", name, kind)
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
		if err := block.Body.prepare(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
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
