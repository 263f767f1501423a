//go:build !text

package main

import (
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// freeBody is a native body whose content nobody knows beforehand: read with JustAttributes, its blocks come as
// attributes whose values are lists of objects. Read with a schema it is the body itself.
type freeBody struct {
	*hclsyntax.Body
}

func (b freeBody) Content(schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := b.Body.Content(schema)
	content.Blocks = freeBlocks(content.Blocks)
	return content, diags
}

func (b freeBody) PartialContent(schema *hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	content, rest, diags := b.Body.PartialContent(schema)
	content.Blocks = freeBlocks(content.Blocks)
	if body, native := rest.(*hclsyntax.Body); native {
		rest = freeBody{body}
	}
	return content, rest, diags
}

func freeBlocks(blocks hcl.Blocks) hcl.Blocks {
	for i, block := range blocks {
		if body, native := block.Body.(*hclsyntax.Body); native {
			wrapped := *block
			wrapped.Body = freeBody{body}
			blocks[i] = &wrapped
		}
	}
	return blocks
}

func (b freeBody) JustAttributes() (hcl.Attributes, hcl.Diagnostics) {
	attributes := hcl.Attributes{}
	var diags hcl.Diagnostics
	for name, attr := range b.Body.Attributes {
		attributes[name] = attr.AsHCLAttribute()
	}
	for _, block := range b.Body.Blocks {
		name, labels := block.Type, block.LabelRanges
		if name == "dynamic" && len(block.Labels) == 1 {
			name, labels = block.Labels[0], nil
		}
		if len(labels) > 0 {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Block with a label",
				Detail:   "Blocks in here take no label.",
				Subject:  labels[0].Ptr(),
			})
			continue
		}
		existing, seen := attributes[name]
		if !seen {
			expr := &blocksExpr{name: name, outer: b.Body, r: block.Range(), start: block.TypeRange}
			attributes[name] = &hcl.Attribute{Name: name, NameRange: block.TypeRange, Range: block.Range(), Expr: expr}
			continue
		}
		if _, blocks := existing.Expr.(*blocksExpr); !blocks {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError,
				Summary:  "Both an argument and a block",
				Detail:   "\"" + name + "\" is written as an argument and as a block; use one of them.",
				Subject:  block.TypeRange.Ptr(),
			})
		}
	}
	return attributes, diags
}

// blocksExpr is all blocks of one type in a body, dynamic ones expanded, as a list of objects.
type blocksExpr struct {
	name     string
	outer    *hclsyntax.Body
	r, start hcl.Range
}

func (e *blocksExpr) expand(ctx *hcl.EvalContext) (hcl.Blocks, hcl.Diagnostics) {
	schema := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: e.name}}}
	content, _, diags := dynblock.Expand(freeBody{e.outer}, ctx).PartialContent(schema)
	return content.Blocks, diags
}

func (e *blocksExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	blocks, diags := e.expand(ctx)
	objects := make([]cty.Value, 0, len(blocks))
	for _, block := range blocks {
		attributes, more := block.Body.JustAttributes()
		diags = append(diags, more...)
		values := map[string]cty.Value{}
		for _, name := range sortedNames(attributes) {
			value, more := attributes[name].Expr.Value(ctx)
			diags = append(diags, more...)
			values[name] = value
		}
		objects = append(objects, cty.ObjectVal(values))
	}
	return cty.TupleVal(objects), diags
}

func (e *blocksExpr) Variables() []hcl.Traversal { return nil }
func (e *blocksExpr) Range() hcl.Range           { return e.r }
func (e *blocksExpr) StartRange() hcl.Range      { return e.start }

// sortedNames gives names in the order in which they are written.
func sortedNames(attributes hcl.Attributes) []string {
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		left, right := attributes[names[i]].NameRange.Start.Byte, attributes[names[j]].NameRange.Start.Byte
		return left < right || left == right && names[i] < names[j]
	})
	return names
}
