//go:build text

package main

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"strings"
	"text/template"
)

// Arithmetic takes its operands the other way round, so that `{{ 5 | subtract 2 }}` is 3.
var numberFunctions = template.FuncMap{
	"add": arithmetic("add", func(a, b int64) (int64, error) { return a + b, nil }, func(a, b float64) float64 { return a + b }),
	"subtract": arithmetic("subtract", func(a, b int64) (int64, error) { return a - b, nil },
		func(a, b float64) float64 { return a - b }),
	"multiply": arithmetic("multiply", func(a, b int64) (int64, error) { return a * b, nil },
		func(a, b float64) float64 { return a * b }),
	"divide": arithmetic("divide", func(a, b int64) (int64, error) {
		if b == 0 {
			return 0, errors.New("divide: division by zero")
		}
		return a / b, nil
	}, func(a, b float64) float64 { return a / b }),
	"modulo": arithmetic("modulo", func(a, b int64) (int64, error) {
		if b == 0 {
			return 0, errors.New("modulo: division by zero")
		}
		return a % b, nil
	}, nil),
	"minimum": arithmetic("minimum", func(a, b int64) (int64, error) { return min(a, b), nil }, math.Min),
	"maximum": arithmetic("maximum", func(a, b int64) (int64, error) { return max(a, b), nil }, math.Max),
}

type number struct {
	whole    int64
	fraction float64
	isWhole  bool
}

func toNumber(name string, value any) (number, error) {
	v := reflect.ValueOf(value)
	switch {
	case v.CanInt():
		return number{v.Int(), float64(v.Int()), true}, nil
	case v.CanUint():
		return number{int64(v.Uint()), float64(v.Uint()), true}, nil
	case v.CanFloat():
		return number{0, v.Float(), false}, nil
	}
	return number{}, fmt.Errorf("%s takes numbers, not %v (%T)", name, value, value)
}

func arithmetic(name string, whole func(a, b int64) (int64, error), fraction func(a, b float64) float64) func(b, a any) (any, error) {
	return func(second, first any) (any, error) {
		a, err := toNumber(name, first)
		if err != nil {
			return nil, err
		}
		b, err := toNumber(name, second)
		if err != nil {
			return nil, err
		}
		if a.isWhole && b.isWhole {
			return whole(a.whole, b.whole)
		}
		if fraction == nil {
			return nil, fmt.Errorf("%s takes whole numbers", name)
		}
		return fraction(a.fraction, b.fraction), nil
	}
}

var listFunctions = template.FuncMap{
	"loop":           loop,
	"in":             in,
	"contains":       func(value, list any) bool { return in(list, value) },
	"containsAll":    func(values []any, list any) bool { return all(values, func(v any) bool { return in(list, v) }) },
	"containsNone":   func(values []any, list any) bool { return all(values, func(v any) bool { return !in(list, v) }) },
	"containsAny":    func(values []any, list any) bool { return !all(values, func(v any) bool { return !in(list, v) }) },
	"containsNotAll": func(values []any, list any) bool { return !all(values, func(v any) bool { return in(list, v) }) },
}

func all(values []any, holds func(any) bool) bool {
	for _, value := range values {
		if !holds(value) {
			return false
		}
	}
	return true
}

// loop counts from the first number, or 0, up to and without the last one.
func loop(bounds ...any) (iter.Seq[int64], error) {
	numbers := make([]int64, 0, 2)
	for _, bound := range bounds {
		if text, isText := bound.(string); isText {
			parsed, err := orZero(parseInt)(text)
			if err != nil {
				return nil, err
			}
			bound = parsed
		}
		parsed, err := toNumber("loop", bound)
		if err != nil || !parsed.isWhole {
			return nil, fmt.Errorf("loop takes whole numbers, not %v", bound)
		}
		numbers = append(numbers, parsed.whole)
	}
	if len(numbers) == 1 {
		numbers = []int64{0, numbers[0]}
	}
	if len(numbers) != 2 {
		return nil, fmt.Errorf("loop takes 1 or 2 numbers, not %d", len(bounds))
	}
	if numbers[1]-numbers[0] > maxOutput {
		return nil, fmt.Errorf("loop runs at most %d times", maxOutput)
	}
	return func(yield func(int64) bool) {
		for i := numbers[0]; i < numbers[1]; i++ {
			if !yield(i) {
				return
			}
		}
	}, nil
}

// in looks for a value in a list, or for a text in a text.
func in(list, value any) bool {
	items := reflect.ValueOf(list)
	switch items.Kind() {
	case reflect.String:
		text, isText := value.(string)
		return isText && strings.Contains(items.String(), text)
	case reflect.Slice, reflect.Array:
		for i := range items.Len() {
			if alike(items.Index(i).Interface(), value) {
				return true
			}
		}
	}
	return false
}

func alike(left, right any) bool {
	a, noNumber := toNumber("", left)
	b, noNumberEither := toNumber("", right)
	if noNumber == nil && noNumberEither == nil {
		return a.isWhole == b.isWhole && a.whole == b.whole && a.fraction == b.fraction
	}
	text, isText := left.(string)
	other, isTextToo := right.(string)
	return isText && isTextToo && text == other
}
