//go:build !text

package main

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Block is one evaluated block with where everything stands.
type Block struct {
	Label      *string             `json:"label,omitempty"`
	Place      *Place              `json:"place,omitempty"`
	LabelPlace *Place              `json:"labelPlace,omitempty"`
	Attributes map[string]*Node    `json:"attributes"`
	Blocks     map[string][]*Block `json:"blocks"`
}

// reader turns bodies into trees, and collects what is wrong on the way.
type reader struct {
	sources *Sources
	ctx     *hcl.EvalContext
	json    bool
	// open bodies may hold keys that the schema does not name.
	open bool
	// failed is set once inputs have no value: what depends on them is not told again.
	failed bool
	diags  hcl.Diagnostics
}

func (r *reader) block(block *hcl.Block, schema *Schema) *Block {
	tree := r.body(block.Body, schema)
	tree.Place = r.sources.place(hcl.RangeBetween(block.TypeRange, block.DefRange))
	if len(block.Labels) > 0 {
		tree.Label = &block.Labels[0]
		tree.LabelPlace = r.sources.place(block.LabelRanges[0])
	}
	return tree
}

func (r *reader) body(body hcl.Body, schema *Schema) *Block {
	bodySchema := schema.body
	if r.json {
		bodySchema = schema.forJSON()
	}
	var content *hcl.BodyContent
	var diags hcl.Diagnostics
	if r.open {
		content, _, diags = body.PartialContent(bodySchema)
	} else {
		content, diags = body.Content(bodySchema)
	}
	r.diags = append(r.diags, diags...)
	tree := &Block{Attributes: map[string]*Node{}, Blocks: map[string][]*Block{}}
	for _, name := range sortedNames(content.Attributes) {
		attr := content.Attributes[name]
		if kind, isMap := schema.Maps[name]; isMap {
			tree.Attributes[name] = r.mapAttribute(attr, kind)
		} else {
			tree.Attributes[name] = r.attribute(attr, types[schema.Attributes[name]])
		}
	}
	for _, block := range content.Blocks {
		r.child(tree, block, schema)
	}
	return tree
}

func (r *reader) child(tree *Block, block *hcl.Block, schema *Schema) {
	if known, isBlock := schema.Blocks[block.Type]; isBlock {
		tree.Blocks[block.Type] = append(tree.Blocks[block.Type], r.block(block, schemaOf(known.Body)))
		return
	}
	if _, twice := tree.Attributes[block.Type]; twice {
		r.diags = append(r.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError,
			Summary:  fmt.Sprintf("Duplicate %s block", block.Type),
			Detail:   fmt.Sprintf("%q may be written once here; put everything into one block.", block.Type),
			Subject:  block.TypeRange.Ptr(),
		})
		return
	}
	kind, isMap := schema.Maps[block.Type]
	if !isMap {
		kind = "any"
	}
	tree.Attributes[block.Type] = r.free(block, types[kind])
}

// free reads a block of any content as one object.
func (r *reader) free(block *hcl.Block, kind cty.Type) *Node {
	attributes, diags := block.Body.JustAttributes()
	r.diags = append(r.diags, diags...)
	node := &Node{Place: r.sources.place(block.DefRange), NamePlace: r.sources.place(block.TypeRange)}
	object := map[string]any{}
	node.Children = map[string]*Node{}
	for _, name := range sortedNames(attributes) {
		child := r.attribute(attributes[name], kind)
		node.Children.(map[string]*Node)[name] = child
		object[name] = child.Value
		node.Bad = node.Bad || child.Bad
	}
	node.Value = object
	return node
}

func (r *reader) attribute(attr *hcl.Attribute, kind cty.Type) *Node {
	node := r.node(attr.Expr, r.ctx)
	node.NamePlace = r.sources.place(attr.NameRange)
	value, diags := attr.Expr.Value(r.ctx)
	r.diags = append(r.diags, diags...)
	if diags.HasErrors() {
		node.Bad = true
		return node
	}
	r.checkBareWord(attr, value)
	return r.converted(node, attr, value, kind)
}

// checkBareWord tells of a text whose quotes were forgotten: `image = redis` is a reference to something called redis.
func (r *reader) checkBareWord(attr *hcl.Attribute, value cty.Value) {
	word := hcl.ExprAsKeyword(attr.Expr)
	if word == "" || strings.HasPrefix(word, "NOMAD_") || value.Type() != cty.String || value.IsNull() || !value.IsKnown() {
		return
	}
	if reference := "${" + word + "}"; value.AsString() == reference {
		r.diags = append(r.diags, unknownReference(attr.Expr.Range(), reference, fmt.Sprintf("If a text is meant, write %q.", word)))
	}
}

func (r *reader) converted(node *Node, attr *hcl.Attribute, value cty.Value, kind cty.Type) *Node {
	if r.failed && !value.IsWhollyKnown() {
		node.Bad = true
		return node
	}
	result, err := convert.Convert(value, kind)
	if err == nil {
		node.Value, err = toJSON(result)
	}
	if err != nil {
		node.Bad = true
		detail := fmt.Sprintf("Inappropriate value for %q: %s.", attr.Name, err)
		if value.Type() == cty.String && value.IsKnown() && !value.IsNull() && strings.Contains(value.AsString(), "${") {
			detail += fmt.Sprintf(" The value %s is only known when the task starts, and cannot be used here.", value.AsString())
		}
		r.diags = append(r.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Incorrect value type", Detail: detail, Subject: attr.Expr.Range().Ptr(),
		})
	}
	return node
}

// mapAttribute reads free keys written as an attribute. JSON files may hold a list of objects, as HCL's first version did.
func (r *reader) mapAttribute(attr *hcl.Attribute, kind string) *Node {
	node := r.node(attr.Expr, r.ctx)
	node.NamePlace = r.sources.place(attr.NameRange)
	value, diags := attr.Expr.Value(r.ctx)
	r.diags = append(r.diags, diags...)
	if diags.HasErrors() {
		node.Bad = true
		return node
	}
	if value.CanIterateElements() && (value.Type().IsTupleType() || value.Type().IsListType()) {
		value, node = merged(value, node)
	}
	return r.converted(node, attr, value, cty.Map(types[kind]))
}

func merged(list cty.Value, node *Node) (cty.Value, *Node) {
	values := map[string]cty.Value{}
	children := map[string]*Node{}
	items, _ := node.Children.([]*Node)
	for i, object := range list.AsValueSlice() {
		if object.IsNull() || !(object.Type().IsObjectType() || object.Type().IsMapType()) {
			return list, node
		}
		for name, value := range object.AsValueMap() {
			values[name] = value
		}
		if i < len(items) {
			inner, _ := items[i].Children.(map[string]*Node)
			for name, child := range inner {
				children[name] = child
			}
		}
	}
	return cty.ObjectVal(values), &Node{Place: node.Place, NamePlace: node.NamePlace, Children: children}
}
