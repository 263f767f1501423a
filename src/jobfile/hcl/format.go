//go:build text

package main

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

type formatAnswer struct {
	Text   string   `json:"text"`
	Files  []string `json:"files"`
	Faults []Fault  `json:"faults"`
}

// format lays a file out as hclwrite does. A file that is no HCL is answered with its faults.
func format(text []byte) (any, error) {
	var file textFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	sources := newSources()
	sources.add(file.Name, []byte(file.Text))
	tokens, _ := hclsyntax.LexConfig(withoutSimpleLines([]byte(file.Text)), file.Name, hcl.InitialPos)
	var diags hcl.Diagnostics
	if deep := checkDepth(tokens); deep != nil {
		diags = hcl.Diagnostics{deep}
	} else {
		rewritten, _ := unquoteNames([]byte(file.Text), tokens)
		_, diags = hclsyntax.ParseConfig(rewritten, file.Name, hcl.InitialPos)
	}
	answer := &formatAnswer{Files: sources.names, Faults: sources.faults(diags)}
	if !diags.HasErrors() {
		answer.Text = string(hclwrite.Format([]byte(file.Text)))
	}
	return answer, nil
}
