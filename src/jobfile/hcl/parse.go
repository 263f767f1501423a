//go:build !text

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

type parseRequest struct {
	textFile
	// Schema names one that was defined.
	Schema string `json:"schema"`
	// BaseDir is where relative paths of file functions start.
	BaseDir string `json:"baseDir"`
	// Home is the user's folder, for which ~ stands.
	Home string `json:"home"`
	// Flags are name and value of -var, in their order.
	Flags    [][2]string       `json:"flags"`
	VarFiles []textFile        `json:"varFiles"`
	Env      map[string]string `json:"env"`
	// Plain files have no variables, and keys nobody knows are passed over.
	Plain bool `json:"plain"`
}

type parseAnswer struct {
	// Files are what the first number of a place counts.
	Files  []string `json:"files"`
	Faults []Fault  `json:"faults"`
	// More is how many faults are left out.
	More int    `json:"more,omitempty"`
	Tree *Block `json:"tree,omitempty"`
	// API is the file as plain JSON, when it is a job of Nomad's HTTP API.
	API *Node `json:"api,omitempty"`
}

// maxFaults is what crosses to the host of a file that is nothing but faults.
const maxFaults = 1000

func parse(text []byte) (any, error) {
	var request parseRequest
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, err
	}
	schema, err := schemaNamed(request.Schema)
	if err != nil {
		return nil, err
	}
	if request.Home != "" {
		if err := os.Setenv("HOME", request.Home); err != nil {
			return nil, err
		}
	}
	reserve(len(request.Text))
	r := &reader{sources: newSources()}
	answer := &parseAnswer{}
	r.read(&request, schema, answer)
	answer.Files = r.sources.names
	answer.Faults = r.sources.faults(r.diags)
	if len(answer.Faults) > maxFaults {
		answer.More = len(answer.Faults) - maxFaults
		answer.Faults = answer.Faults[:maxFaults]
	}
	return answer, nil
}

// reserve takes at once the memory that a long text will need. Growing bit by bit, each time with the host's own
// collection of garbage, would take a third of the whole time.
func reserve(length int) {
	const large, perByte = 64 << 10, 200
	if length > large {
		runtime.KeepAlive(make([]byte, length*perByte))
		runtime.GC()
	}
}

func (r *reader) read(request *parseRequest, schema *Schema, answer *parseAnswer) {
	file, diags := parseText(r.sources, request.textFile)
	r.diags = append(r.diags, diags...)
	varFiles := make([]*hcl.File, 0, len(request.VarFiles))
	for _, text := range request.VarFiles {
		varFile, diags := parseText(r.sources, text)
		r.diags = append(r.diags, diags...)
		varFiles = append(varFiles, varFile)
	}
	if r.diags.HasErrors() {
		return
	}
	r.json = isJSON(request.Text)
	if r.json && !request.Plain {
		if answer.API = r.apiJob(file.Body); answer.API != nil {
			return
		}
	}
	r.evaluate(request, schema, answer, file.Body, varFiles)
}

func (r *reader) evaluate(request *parseRequest, schema *Schema, answer *parseAnswer, body hcl.Body, varFiles []*hcl.File) {
	r.ctx = &hcl.EvalContext{Functions: functions(request.BaseDir), UndefinedVariable: runtimeReference}
	if native, ok := body.(*hclsyntax.Body); ok {
		body = freeBody{native}
	}
	if request.Plain {
		r.open = true
		answer.Tree = r.body(body, schema)
		return
	}
	content, rest, diags := body.PartialContent(inputSchema)
	r.diags = append(r.diags, diags...)
	declared, diags := declare(content.Blocks, r.ctx)
	r.diags = append(r.diags, diags...)
	r.diags = append(r.diags, declared.setAll(request, varFiles)...)
	for _, name := range declared.names() {
		r.diags = append(r.diags, declared[name].check(r.ctx)...)
	}
	r.ctx.Variables = map[string]cty.Value{"var": declared.object()}
	local, diags := evaluateLocals(content.Blocks, r.ctx)
	r.diags = append(r.diags, diags...)
	r.ctx.Variables["local"] = local
	r.failed = r.diags.HasErrors()
	answer.Tree = r.body(dynblock.Expand(rest, r.ctx), schema)
}

var inputSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "variable", LabelNames: []string{"name"}}, {Type: "variables"}, {Type: "locals"},
}}

// runtimeReference leaves what nobody declared as it is written, for the start of the task.
func runtimeReference(traversal hcl.Traversal) (cty.Value, hcl.Diagnostics) {
	var text strings.Builder
	for _, step := range traversal {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			text.WriteString(step.Name)
		case hcl.TraverseAttr:
			text.WriteString("." + step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				fmt.Fprintf(&text, "[%q]", step.Key.AsString())
			} else {
				text.WriteString("[" + step.Key.AsBigFloat().Text('f', -1) + "]")
			}
		}
	}
	reference := "${" + text.String() + "}"
	if len(traversal) > 1 && !runtimeRoots[traversal.RootName()] {
		return cty.StringVal(reference), hcl.Diagnostics{unknownReference(traversal.SourceRange(), reference,
			"References of a job file start with var, local, env, attr, meta, node or NOMAD_.")}
	}
	return cty.StringVal(reference), nil
}

// runtimeRoots are what the start of a task knows, beside the names of its environment.
var runtimeRoots = map[string]bool{"env": true, "attr": true, "meta": true, "node": true, "device": true, "secret": true}

func unknownReference(at hcl.Range, reference, hint string) *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagWarning,
		Summary:  "Unknown reference",
		Detail:   fmt.Sprintf("Nothing is known by this name, so the text %s stays as it is. %s", reference, hint),
		Subject:  at.Ptr(),
	}
}

func isJSON(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{")
}

func parseText(sources *Sources, file textFile) (*hcl.File, hcl.Diagnostics) {
	text := []byte(file.Text)
	sources.add(file.Name, text)
	if isJSON(file.Text) {
		if deep := checkJSONDepth(text, file.Name); deep != nil {
			return nil, hcl.Diagnostics{deep}
		}
		return hcljson.Parse(text, file.Name)
	}
	tokens, _ := hclsyntax.LexConfig(withoutSimpleLines(text), file.Name, hcl.InitialPos)
	if deep := checkDepth(tokens); deep != nil {
		return nil, hcl.Diagnostics{deep}
	}
	rewritten, names := unquoteNames(text, tokens)
	parsed, diags := hclsyntax.ParseConfig(rewritten, file.Name, hcl.InitialPos)
	if parsed != nil {
		diags = append(diags, restoreNames(parsed.Body.(*hclsyntax.Body), names)...)
	}
	return parsed, diags
}

// apiJob gives the whole file as plain JSON when its keys are those of Nomad's HTTP API, else nothing.
func (r *reader) apiJob(body hcl.Body) *Node {
	attributes, _ := body.JustAttributes()
	if attributes["job"] != nil || attributes["Job"] == nil && attributes["TaskGroups"] == nil && attributes["ID"] == nil {
		return nil
	}
	node := &Node{Children: map[string]*Node{}}
	for _, name := range sortedNames(attributes) {
		node.Children.(map[string]*Node)[name] = r.plain(attributes[name])
	}
	return node
}

func (r *reader) plain(attr *hcl.Attribute) *Node {
	node := r.node(attr.Expr, nil)
	node.NamePlace = r.sources.place(attr.NameRange)
	value, diags := attr.Expr.Value(nil)
	r.diags = append(r.diags, diags...)
	if !diags.HasErrors() {
		node.Value, _ = toJSON(value)
	}
	return node
}

// setAll gives variables their values, weakest first: environment, files, flags.
func (vs variables) setAll(request *parseRequest, varFiles []*hcl.File) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, name := range vs.names() {
		if text, given := request.Env["NOMAD_VAR_"+name]; given {
			diags = append(diags, vs[name].assignText(text, "from NOMAD_VAR_"+name)...)
		}
	}
	for i, file := range varFiles {
		diags = append(diags, vs.setFromFile(file, request.VarFiles[i].Name)...)
	}
	for _, flag := range request.Flags {
		if v, declared := vs[flag[0]]; declared {
			diags = append(diags, v.assignText(flag[1], "from -var")...)
			continue
		}
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Undeclared variable",
			Detail: fmt.Sprintf("-var sets %q, but the job file declares no such variable.%s", flag[0], vs.hint())})
	}
	return diags
}

func (vs variables) setFromFile(file *hcl.File, name string) hcl.Diagnostics {
	content, _, _ := file.Body.PartialContent(inputSchema)
	if len(content.Blocks) > 0 {
		block := content.Blocks[0]
		return hcl.Diagnostics{fault(block.TypeRange, "Declaration in a variable file",
			"A variable file only sets values, as name = value; declarations belong into the job file.")}
	}
	attributes, diags := file.Body.JustAttributes()
	for _, key := range sortedNames(attributes) {
		attr := attributes[key]
		v, declared := vs[key]
		if !declared {
			diags = append(diags, fault(attr.NameRange, "Undeclared variable", "The job file declares no variable %q.%s", key, vs.hint()))
			continue
		}
		value, more := attr.Expr.Value(nil)
		diags = append(diags, more...)
		if !more.HasErrors() {
			diags = append(diags, v.assign(value, "from "+name, attr.Expr.Range().Ptr())...)
		}
	}
	return diags
}

func (vs variables) hint() string {
	if len(vs) == 0 {
		return " It declares none."
	}
	return " Declared are: " + strings.Join(vs.names(), ", ") + "."
}
