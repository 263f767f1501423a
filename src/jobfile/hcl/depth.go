package main

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// maxDepth is far above what a person writes and far below what overflows the parser's stack.
const maxDepth = 500

func tooDeep(at hcl.Range) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagError,
		Summary:  "Nested too deeply",
		Detail:   fmt.Sprintf("More than %d brackets, blocks or operators are open here. Split the expression, or check for a bracket that was never closed.", maxDepth),
		Subject:  at.Ptr(),
	}
}

// checkDepth looks at nesting and at chains of operators before the recursive parser does.
func checkDepth(tokens hclsyntax.Tokens) *hcl.Diagnostic {
	depth, chain := 0, 0
	for _, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote:
			depth++
			chain = 0
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote:
			depth--
		case hclsyntax.TokenNewline, hclsyntax.TokenComma, hclsyntax.TokenEqual:
			chain = 0
		case hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent,
			hclsyntax.TokenBang, hclsyntax.TokenQuestion, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp,
			hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenGreaterThan:
			chain++
		}
		if depth > maxDepth || chain > maxDepth {
			return tooDeep(token.Range)
		}
	}
	return nil
}

// checkJSONDepth does the same for JSON, where strings hold templates of their own.
func checkJSONDepth(text []byte, name string) *hcl.Diagnostic {
	depth, line, lineStart := 0, 1, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			line, lineStart = line+1, i+1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := endOfString(text, i+1)
			body := text[i+1 : end]
			if bytes.Contains(body, []byte("${")) || bytes.Contains(body, []byte("%{")) {
				tokens, _ := hclsyntax.LexTemplate(body, name, hcl.Pos{Line: line, Column: i - lineStart + 2, Byte: i + 1})
				if diag := checkDepth(tokens); diag != nil {
					return diag
				}
			}
			i = end
		}
		if depth > maxDepth {
			start := hcl.Pos{Line: line, Column: i - lineStart + 1, Byte: i}
			return tooDeep(hcl.Range{Filename: name, Start: start, End: hcl.Pos{Line: line, Column: start.Column + 1, Byte: i + 1}})
		}
	}
	return nil
}

func endOfString(text []byte, at int) int {
	for ; at < len(text) && text[at] != '"' && text[at] != '\n'; at++ {
		if text[at] == '\\' {
			at++
		}
	}
	return min(at, len(text))
}
