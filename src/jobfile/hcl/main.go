//go:build js && wasm

// Command hcl is the HCL language, as WebAssembly, for Longshore's job files; built with the tag text it is HCL's
// formatter and Go's text templates, which most runs do not need and which would double what starting it costs.
//
// It knows the language alone: what a job means is TypeScript. Build both with scripts/build-hcl.mjs.
package main

import (
	"encoding/json"
	"fmt"
	"syscall/js"
)

func main() {
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
	name := args[0].String()
	operation, known := operations[name]
	if !known {
		return encode(map[string]any{"failure": fmt.Sprintf("unknown operation %q", name)})
	}
	result, err := operation([]byte(args[1].String()))
	if err != nil {
		return encode(map[string]any{"failure": err.Error()})
	}
	return encode(map[string]any{"ok": result})
}

func encode(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
