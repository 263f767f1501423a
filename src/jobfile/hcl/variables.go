//go:build !text

package main

import (
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

type validation struct {
	condition hcl.Expression
	message   string
	r         hcl.Range
}

// variable is a declared input; its value is unknown while nothing has set it.
type variable struct {
	name        string
	kind        cty.Type
	value       cty.Value
	set         bool
	valueRange  *hcl.Range
	origin      string
	validations []validation
	r           hcl.Range
}

type variables map[string]*variable

var variableSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
}

var validationSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "condition", Required: true}, {Name: "error_message", Required: true}},
}

// declare reads the variable and variables blocks. Their expressions may call functions, and see no variable.
func declare(blocks hcl.Blocks, ctx *hcl.EvalContext) (variables, hcl.Diagnostics) {
	declared := variables{}
	var diags hcl.Diagnostics
	for _, block := range blocks {
		switch block.Type {
		case "variable":
			v, more := declareOne(block, ctx)
			diags = append(diags, more...)
			diags = append(diags, declared.add(v)...)
		case "variables":
			attributes, more := block.Body.JustAttributes()
			diags = append(diags, more...)
			for _, name := range sortedNames(attributes) {
				attr := attributes[name]
				value, more := attr.Expr.Value(ctx)
				diags = append(diags, more...)
				v := &variable{name: name, kind: value.Type(), value: value, set: true, r: attr.NameRange, origin: "default"}
				diags = append(diags, declared.add(v)...)
			}
		}
	}
	return declared, diags
}

func (vs variables) add(v *variable) hcl.Diagnostics {
	if first, twice := vs[v.name]; twice {
		return hcl.Diagnostics{fault(v.r, "Duplicate variable", "The variable %q is declared already on line %d.", v.name, first.r.Start.Line)}
	}
	vs[v.name] = v
	return nil
}

func declareOne(block *hcl.Block, ctx *hcl.EvalContext) (*variable, hcl.Diagnostics) {
	v := &variable{name: block.Labels[0], kind: cty.DynamicPseudoType, value: cty.DynamicVal, r: block.DefRange, origin: "default"}
	content, diags := block.Body.Content(variableSchema)
	if !hclsyntax.ValidIdentifier(v.name) {
		diags = append(diags, fault(block.LabelRanges[0], "Invalid variable name", "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes."))
	}
	if attr, written := content.Attributes["type"]; written {
		kind, more := typeexpr.TypeConstraint(attr.Expr)
		diags = append(diags, more...)
		if !more.HasErrors() {
			v.kind = kind
		}
	}
	if attr, written := content.Attributes["description"]; written {
		if value, more := attr.Expr.Value(nil); more.HasErrors() || value.IsNull() || value.Type() != cty.String {
			diags = append(diags, fault(attr.Expr.Range(), "Invalid variable description", "The description must be a text."))
		}
	}
	if attr, written := content.Attributes["default"]; written {
		value, more := attr.Expr.Value(ctx)
		diags = append(diags, more...)
		v.set = true
		if !more.HasErrors() {
			diags = append(diags, v.assign(value, "default", attr.Expr.Range().Ptr())...)
			if _, typed := content.Attributes["type"]; !typed {
				v.kind = v.value.Type()
			}
		}
	}
	for _, inner := range content.Blocks {
		rule, more := v.validation(inner)
		diags = append(diags, more...)
		if !more.HasErrors() {
			v.validations = append(v.validations, rule)
		}
	}
	return v, diags
}

func (v *variable) validation(block *hcl.Block) (validation, hcl.Diagnostics) {
	rule := validation{r: block.DefRange}
	content, diags := block.Body.Content(validationSchema)
	if diags.HasErrors() {
		return rule, diags
	}
	rule.condition = content.Attributes["condition"].Expr
	own := false
	for _, traversal := range rule.condition.Variables() {
		if refersTo(traversal, "var") == v.name {
			own = true
			continue
		}
		diags = append(diags, fault(traversal.SourceRange(), "Invalid reference in variable validation",
			"The condition for variable %q can only refer to the variable itself, as var.%s.", v.name, v.name))
	}
	if !own && !diags.HasErrors() {
		diags = append(diags, fault(rule.condition.Range(), "Invalid variable validation condition",
			"The condition for variable %q must refer to var.%s.", v.name, v.name))
	}
	message := content.Attributes["error_message"].Expr
	value, more := message.Value(nil)
	diags = append(diags, more...)
	if !more.HasErrors() {
		if value.IsNull() || value.Type() != cty.String || strings.TrimSpace(value.AsString()) == "" {
			diags = append(diags, fault(message.Range(), "Invalid validation error message", "The message must be a text that says what is wrong."))
		} else {
			rule.message = value.AsString()
		}
	}
	return rule, diags
}

// refersTo gives the name behind `root.`, or nothing.
func refersTo(traversal hcl.Traversal, root string) string {
	if traversal.RootName() != root || len(traversal) < 2 {
		return ""
	}
	switch step := traversal[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return step.Key.AsString()
		}
	}
	return ""
}

// assign gives the variable a value, converted to its type.
func (v *variable) assign(value cty.Value, origin string, at *hcl.Range) hcl.Diagnostics {
	v.set, v.origin, v.valueRange = true, origin, at
	converted, err := convert.Convert(value, v.kind)
	if err != nil {
		v.value = cty.DynamicVal
		subject := v.r
		if at != nil {
			subject = *at
		}
		return hcl.Diagnostics{fault(subject, "Invalid value for variable",
			"The value of %q (%s) does not suit its type: %s.", v.name, origin, err)}
	}
	v.value = converted
	return nil
}

func typeName(kind cty.Type) string {
	return kind.FriendlyNameForConstraint()
}

// assignText gives the variable a value written outside of a file: text as it is, anything else as an expression.
func (v *variable) assignText(text, origin string) hcl.Diagnostics {
	if v.kind == cty.String || v.kind == cty.Number || v.kind == cty.DynamicPseudoType {
		return v.assign(cty.StringVal(text), origin, nil)
	}
	file := fmt.Sprintf("<value of %s>", v.name)
	tokens, diags := hclsyntax.LexExpression([]byte(text), file, hcl.InitialPos)
	deep := checkDepth(tokens)
	if !diags.HasErrors() && deep == nil {
		var expr hcl.Expression
		if expr, diags = hclsyntax.ParseExpression([]byte(text), file, hcl.InitialPos); !diags.HasErrors() {
			var value cty.Value
			if value, diags = expr.Value(nil); !diags.HasErrors() {
				return v.assign(value, origin, nil)
			}
		}
	}
	v.set, v.value = true, cty.DynamicVal
	why := "it is nested too deeply"
	if diags.HasErrors() {
		why = diags[0].Summary + "; " + diags[0].Detail
	}
	return hcl.Diagnostics{fault(v.r, "Invalid value for variable",
		"The value of %q (%s) is no %s: %s", v.name, origin, typeName(v.kind), why)}
}

// check runs the validations; a variable without value is an error here.
func (v *variable) check(ctx *hcl.EvalContext) hcl.Diagnostics {
	if !v.set {
		return hcl.Diagnostics{fault(v.r, "Variable without a value",
			"%q has no default, so it needs a value: -var %s=..., -var-file, or NOMAD_VAR_%s in the environment.", v.name, v.name, v.name)}
	}
	own := ctx.NewChild()
	own.Variables = map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{v.name: v.value})}
	var diags hcl.Diagnostics
	for _, rule := range v.validations {
		result, more := rule.condition.Value(own)
		diags = append(diags, more...)
		if more.HasErrors() || !result.IsKnown() {
			continue
		}
		held, err := convert.Convert(result, cty.Bool)
		if err != nil || held.IsNull() {
			diags = append(diags, fault(rule.condition.Range(), "Invalid variable validation result", "The condition must be true or false."))
			continue
		}
		if held.False() {
			at := rule.r
			if v.valueRange != nil {
				at = *v.valueRange
			}
			diags = append(diags, fault(at, fmt.Sprintf("Invalid value for variable %q", v.name), "%s (%s; the rule is on line %d.)", rule.message, v.origin, rule.r.Start.Line))
		}
	}
	return diags
}

func (vs variables) names() []string {
	names := make([]string, 0, len(vs))
	for name := range vs {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (vs variables) object() cty.Value {
	values := map[string]cty.Value{}
	for name, v := range vs {
		values[name] = v.value
	}
	return cty.ObjectVal(values)
}
