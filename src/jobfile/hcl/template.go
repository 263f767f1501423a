package main

func render(text []byte) (any, error) { return nil, nil }
