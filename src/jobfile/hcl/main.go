//go:build js && wasm

// Command hcl is the HCL language, as WebAssembly, for Longshore's job files; built with the tag text it is HCL's
// formatter and Go's text templates, which most runs do not need and which would double what starting it costs.
//
// It knows the language alone: what a job means is TypeScript. Build both with scripts/build-hcl.mjs.
package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"syscall/js"
)

// What main does is done when the program is built: it is kept as it then is.
func main() {
	rehearse()
	runtime.GC()
	js.Global().Set("longshoreHcl", js.FuncOf(call))
	select {}
}

// call runs one operation and answers {"ok": ...} or {"failure": "..."}; a panic is a failure like any other.
func call(_ js.Value, args []js.Value) (answer any) {
	defer func() {
		if r := recover(); r != nil {
			answer = encode(map[string]any{"failure": fmt.Sprint(r)})
		}
	}()
	text, err := run(args[0].String(), []byte(args[1].String()))
	if err != nil {
		return encode(map[string]any{"failure": err.Error()})
	}
	return text
}

func run(name string, request []byte) (string, error) {
	operation, known := operations[name]
	if !known {
		return "", fmt.Errorf("unknown operation %q", name)
	}
	result, err := operation(request)
	if err != nil {
		return "", err
	}
	return encode(map[string]any{"ok": result}), nil
}

func mustRun(name, request string) {
	if _, err := run(name, []byte(request)); err != nil {
		panic(err)
	}
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
