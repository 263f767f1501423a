package main

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// unquoteNames lets `"a.b" = 1` stand in a block, which HCL's first version allowed and today's does not: each such
// name becomes an identifier of the same length, so that no position moves, and gets its own name back by restoreNames.
func unquoteNames(text []byte, tokens hclsyntax.Tokens) ([]byte, map[int]string) {
	names := map[int]string{}
	inBlock := []bool{true}
	rewritten := text
	for i, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenOBrace:
			block := i > 0 && (tokens[i-1].Type == hclsyntax.TokenIdent || tokens[i-1].Type == hclsyntax.TokenCQuote)
			inBlock = append(inBlock, block)
		case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			inBlock = append(inBlock, false)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd:
			if len(inBlock) > 1 {
				inBlock = inBlock[:len(inBlock)-1]
			}
		case hclsyntax.TokenOQuote:
			if !inBlock[len(inBlock)-1] || !startsItem(tokens, i) || !isQuotedName(tokens, i) {
				continue
			}
			if len(names) == 0 {
				rewritten = slices.Clone(text)
			}
			start, end := token.Range.Start.Byte, tokens[i+2].Range.End.Byte
			names[start] = string(tokens[i+1].Bytes)
			for at := start; at < end; at++ {
				rewritten[at] = '_'
			}
			stampIdentifier(rewritten[start:end], len(names))
		}
	}
	return rewritten, names
}

func startsItem(tokens hclsyntax.Tokens, i int) bool {
	return i == 0 || tokens[i-1].Type == hclsyntax.TokenNewline || tokens[i-1].Type == hclsyntax.TokenOBrace ||
		tokens[i-1].Type == hclsyntax.TokenComment
}

func isQuotedName(tokens hclsyntax.Tokens, i int) bool {
	return i+3 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenQuotedLit &&
		tokens[i+2].Type == hclsyntax.TokenCQuote && tokens[i+3].Type == hclsyntax.TokenEqual
}

// stampIdentifier writes a number into an identifier of underscores, so that two names of a block stay apart.
func stampIdentifier(name []byte, number int) {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for at := len(name) - 1; at > 0 && number > 0; at-- {
		name[at] = digits[number%len(digits)]
		number /= len(digits)
	}
}

// restoreNames gives each rewritten argument its own name back; one that is there without quotes too is a fault.
func restoreNames(body *hclsyntax.Body, names map[int]string) hcl.Diagnostics {
	if len(names) == 0 {
		return nil
	}
	var diags hcl.Diagnostics
	for key, attr := range body.Attributes {
		name, quoted := names[attr.NameRange.Start.Byte]
		if !quoted || attr.Name == name {
			continue
		}
		delete(body.Attributes, key)
		attr.Name = name
		if _, twice := body.Attributes[name]; twice {
			diags = append(diags, fault(attr.NameRange, "Attribute redefined", "The argument %q is set twice in this block.", name))
		}
		body.Attributes[name] = attr
	}
	for _, block := range body.Blocks {
		diags = append(diags, restoreNames(block.Body, names)...)
	}
	return diags
}
