package main

import (
	"fmt"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// As far as HCL looks for the names of functions.
const farthest = 2

// meant tells which name a reference may stand for that an object does not have; empty where none is close.
func meant(diag *hcl.Diagnostic) string {
	reference, isReference := diag.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !isReference || diag.EvalContext == nil {
		return ""
	}
	for at, step := range reference.Traversal[1:] {
		attribute, isAttribute := step.(hcl.TraverseAttr)
		object, diags := reference.Traversal[:at+1].TraverseAbs(diag.EvalContext)
		if !isAttribute || diags.HasErrors() || !object.Type().IsObjectType() {
			return ""
		}
		if names := object.Type().AttributeTypes(); !object.Type().HasAttribute(attribute.Name) {
			return didYouMean(attribute.Name, names)
		}
	}
	return ""
}

func didYouMean[T any](written string, names map[string]T) string {
	closest, best := "", farthest+1
	for name := range names {
		distance := levenshtein.Distance(written, name, nil)
		// The first by name, so that the answer is always the same.
		if distance < best || distance == best && name < closest {
			closest, best = name, distance
		}
	}
	if best > farthest {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", closest)
}
