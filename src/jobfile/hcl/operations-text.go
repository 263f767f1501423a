//go:build text

package main

// operations are what the host may ask for. Each takes and answers JSON.
var operations = map[string]func([]byte) (any, error){
	"format": format,
	"render": render,
}

// rehearse formats and renders a little, so that what is made at first use is there already in the program that is kept.
func rehearse() {
	mustRun("format", `{"name": "a", "text": "a = 1"}`)
	mustRun("render", `{"name": "a", "text": "{{ env \"A\" }}", "leftDelimiter": "{{", "rightDelimiter": "}}", "env": {"A": "1"}}`)
}
