//go:build !text

package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Node is one attribute: its value, and where it and its parts stand. Parts of a Bad one could not be evaluated.
type Node struct {
	Value     any    `json:"value,omitempty"`
	Place     *Place `json:"place,omitempty"`
	NamePlace *Place `json:"namePlace,omitempty"`
	// Children are a map[string]*Node or a []*Node, where the source shows parts.
	Children any  `json:"children,omitempty"`
	Bad      bool `json:"bad,omitempty"`
}

// node finds where an expression and its parts stand, without their values.
func (r *reader) node(expr hcl.Expression, ctx *hcl.EvalContext) *Node {
	node := &Node{Place: r.sources.place(expr.Range())}
	if blocks, ok := hcl.UnwrapExpressionUntil(expr, isBlocks).(*blocksExpr); ok {
		node.Children = r.blockNodes(blocks, ctx)
	} else if items, diags := hcl.ExprList(expr); !diags.HasErrors() {
		list := make([]*Node, 0, len(items))
		for _, item := range items {
			list = append(list, r.node(item, ctx))
		}
		node.Children = list
	} else if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		children := map[string]*Node{}
		for _, pair := range pairs {
			key, diags := pair.Key.Value(ctx)
			if diags.HasErrors() || key.IsNull() || !key.IsKnown() || key.Type() != cty.String {
				continue
			}
			child := r.node(pair.Value, ctx)
			child.NamePlace = r.sources.place(pair.Key.Range())
			children[key.AsString()] = child
		}
		node.Children = children
	}
	return node
}

func isBlocks(expr hcl.Expression) bool {
	_, ok := expr.(*blocksExpr)
	return ok
}

func (r *reader) blockNodes(blocks *blocksExpr, ctx *hcl.EvalContext) []*Node {
	expanded, _ := blocks.expand(ctx)
	list := make([]*Node, 0, len(expanded))
	for _, block := range expanded {
		attributes, _ := block.Body.JustAttributes()
		children := map[string]*Node{}
		for name, attr := range attributes {
			child := r.node(attr.Expr, ctx)
			child.NamePlace = r.sources.place(attr.NameRange)
			children[name] = child
		}
		list = append(list, &Node{Place: r.sources.place(block.DefRange), Children: children})
	}
	return list
}

// toJSON gives a value as JSON would have it; numbers keep all of their digits.
func toJSON(value cty.Value) (any, error) {
	if value.IsNull() {
		return nil, nil
	}
	if !value.IsWhollyKnown() {
		return nil, fmt.Errorf("the value is not known")
	}
	kind := value.Type()
	switch {
	case kind == cty.String:
		return value.AsString(), nil
	case kind == cty.Bool:
		return value.True(), nil
	case kind == cty.Number:
		number := value.AsBigFloat()
		if number.IsInf() {
			return nil, fmt.Errorf("the number is infinite")
		}
		return json.Number(number.Text('f', -1)), nil
	case kind.IsListType() || kind.IsTupleType() || kind.IsSetType():
		list := make([]any, 0, value.LengthInt())
		for _, item := range value.AsValueSlice() {
			converted, err := toJSON(item)
			if err != nil {
				return nil, err
			}
			list = append(list, converted)
		}
		return list, nil
	case kind.IsMapType() || kind.IsObjectType():
		object := map[string]any{}
		for name, item := range value.AsValueMap() {
			converted, err := toJSON(item)
			if err != nil {
				return nil, err
			}
			object[name] = converted
		}
		return object, nil
	}
	return nil, fmt.Errorf("a %s cannot be used here", kind.FriendlyName())
}
