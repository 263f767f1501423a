//go:build !text

package main

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// locals evaluates the locals blocks, each name after the ones that it refers to.
type locals struct {
	attributes hcl.Attributes
	values     map[string]cty.Value
	path       []string
	ctx        *hcl.EvalContext
	diags      hcl.Diagnostics
}

func evaluateLocals(blocks hcl.Blocks, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	l := &locals{attributes: hcl.Attributes{}, values: map[string]cty.Value{}, ctx: ctx}
	for _, block := range blocks {
		if block.Type != "locals" {
			continue
		}
		attributes, diags := block.Body.JustAttributes()
		l.diags = append(l.diags, diags...)
		for _, name := range sortedNames(attributes) {
			if first, twice := l.attributes[name]; twice {
				l.diags = append(l.diags, fault(attributes[name].NameRange, "Duplicate local value",
					"The local value %q is defined already on line %d.", name, first.NameRange.Start.Line))
				continue
			}
			l.attributes[name] = attributes[name]
		}
	}
	for _, name := range sortedNames(l.attributes) {
		l.evaluate(name)
	}
	return cty.ObjectVal(l.values), l.diags
}

func (l *locals) evaluate(name string) {
	attr, known := l.attributes[name]
	if _, done := l.values[name]; done || !known {
		return
	}
	for i, waiting := range l.path {
		if waiting == name {
			circle := strings.Join(append(l.path[i:], name), " -> ")
			l.diags = append(l.diags, fault(attr.NameRange, "Local values in a circle", "These local values refer to each other: %s.", circle))
			l.values[name] = cty.DynamicVal
			return
		}
	}
	l.path = append(l.path, name)
	for _, traversal := range attr.Expr.Variables() {
		l.evaluate(refersTo(traversal, "local"))
	}
	l.path = l.path[:len(l.path)-1]
	if _, done := l.values[name]; done {
		return
	}
	inner := l.ctx.NewChild()
	inner.Variables = map[string]cty.Value{"local": cty.ObjectVal(l.values)}
	value, diags := attr.Expr.Value(inner)
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		value = cty.DynamicVal
	}
	l.values[name] = value
}
