//go:build !text

package main

// operations are what the host may ask for. Each takes and answers JSON, but for define.
var operations = map[string]func([]byte) (any, error){
	"define": define,
	"parse":  parse,
}

// rehearse reads a small file, so that what is made at first use is there already in the program that is kept.
func rehearse() {
	mustRun("define", "job 0\n\t\t\ttask name 1\ndriver string count number\tenv string\tconfig\tservice - 0")
	mustRun("parse", `{"name": "a", "schema": "job", "text": "task \"a\" {\n driver = \"b\"\n config {\n c = \"d\"\n }\n}"}`)
}
