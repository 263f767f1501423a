//go:build text

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"syscall/js"
	"text/template"
)

type renderRequest struct {
	Name           string            `json:"name"`
	Text           string            `json:"text"`
	LeftDelimiter  string            `json:"leftDelimiter"`
	RightDelimiter string            `json:"rightDelimiter"`
	Env            map[string]string `json:"env"`
	// MissingKeyIsError is error_on_missing_key.
	MissingKeyIsError bool `json:"missingKeyIsError"`
}

type renderAnswer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

// maxOutput ends a template that would write for ever.
const maxOutput = 16 << 20

type limited struct{ bytes.Buffer }

func (l *limited) Write(data []byte) (int, error) {
	if l.Len()+len(data) > maxOutput {
		return 0, fmt.Errorf("the output has more than %d MB", maxOutput>>20)
	}
	return l.Buffer.Write(data)
}

// render runs a template as consul-template would, with what needs no server. A fault of the template is an answer.
func render(text []byte) (any, error) {
	var request renderRequest
	if err := json.Unmarshal(text, &request); err != nil {
		return nil, err
	}
	var output limited
	if err := request.execute(&output); err != nil {
		return renderAnswer{Error: err.Error()}, nil
	}
	return renderAnswer{Text: output.String()}, nil
}

func (r *renderRequest) execute(output *limited) error {
	root := template.New(r.Name).Delims(r.LeftDelimiter, r.RightDelimiter).Option("missingkey=zero")
	if r.MissingKeyIsError {
		root.Option("missingkey=error")
	}
	root.Funcs(textFunctions).Funcs(numberFunctions).Funcs(listFunctions).Funcs(absentFunctions()).Funcs(template.FuncMap{
		"env": func(name string) string { return r.Env[name] },
		"mustEnv": func(name string) (string, error) {
			if r.Env[name] == "" {
				return "", fmt.Errorf("the task's environment has no %s", name)
			}
			return r.Env[name], nil
		},
		"envOrDefault": func(name, otherwise string) string {
			if value, set := r.Env[name]; set {
				return value
			}
			return otherwise
		},
		"file": readHostFile,
		"executeTemplate": func(name string, data ...any) (string, error) {
			var inner limited
			var value any
			if len(data) > 0 {
				value = data[0]
			}
			err := root.ExecuteTemplate(&inner, name, value)
			return inner.String(), err
		},
	})
	if _, err := root.Parse(r.Text); err != nil {
		return err
	}
	return root.Execute(output, nil)
}

// readHostFile asks the host, which decides what a task may see.
func readHostFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	answer := js.Global().Call("longshoreReadFile", path)
	if failure := answer.Get("error"); failure.Truthy() {
		return "", errors.New(failure.String())
	}
	return answer.Get("text").String(), nil
}

// absentFunctions are consul-template's own that need what one machine has not; each says what that is.
func absentFunctions() template.FuncMap {
	needs := map[string][]string{
		"Consul": {"key", "keyExists", "keyOrDefault", "ls", "safeLs", "tree", "safeTree", "service", "services", "node", "nodes",
			"datacenters", "connect", "caRoots", "caLeaf", "partitions", "peerings", "exportedServices", "importedServices",
			"byKey", "byPort", "byTag", "byMeta"},
		"Vault":          {"secret", "secrets", "pkiCert"},
		"a Nomad server": {"nomadService", "nomadServices", "nomadVar", "nomadVarList", "nomadVarListSafe", "nomadVarExists"},
		"a program of the host, which a job file may not run or write here": {"plugin", "writeToFile"},
		"a part of consul-template that Longshore does not have":            {"sockaddr", "scratch", "explode", "explodeMap", "mergeMap", "mergeMapWithOverride", "toTOML", "spew_dump", "spew_printf", "spew_sdump", "spew_sprintf"},
	}
	functions := template.FuncMap{}
	for what, names := range needs {
		for _, name := range names {
			functions[name] = func(...any) (any, error) {
				return nil, fmt.Errorf("%q needs %s, and there is none on one machine", name, what)
			}
		}
	}
	return functions
}
