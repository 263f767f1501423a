//go:build !text

package main

// operations are what the host may ask for. Each takes and answers JSON.
var operations = map[string]func([]byte) (any, error){
	"define": define,
	"parse":  parse,
}
