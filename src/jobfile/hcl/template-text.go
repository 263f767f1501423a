//go:build text

package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v2"
)

var textFunctions = template.FuncMap{
	"toLower":         strings.ToLower,
	"toUpper":         strings.ToUpper,
	"toTitle":         cases.Title(language.Und, cases.NoLower).String,
	"trim":            func(set, text string) string { return strings.Trim(text, set) },
	"trimPrefix":      func(prefix, text string) string { return strings.TrimPrefix(text, prefix) },
	"trimSuffix":      func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
	"trimSpace":       strings.TrimSpace,
	"replaceAll":      func(from, to, text string) string { return strings.ReplaceAll(text, from, to) },
	"regexMatch":      regexp.MatchString,
	"regexReplaceAll": regexReplaceAll,
	"indent":          indent,
	"split":           split,
	"splitToMap":      splitToMap,
	"join":            func(separator string, parts []string) string { return strings.Join(parts, separator) },
	"timestamp":       timestamp,
	"parseBool":       orZero(strconv.ParseBool),
	"parseFloat":      orZero(func(text string) (float64, error) { return strconv.ParseFloat(text, 64) }),
	"parseInt":        orZero(parseInt),
	"parseUint":       orZero(func(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) }),
	"parseJSON":       func(text string) (any, error) { return parseData(text, json.Unmarshal) },
	"parseYAML": func(text string) (any, error) {
		return parseData(text, func(data []byte, into any) error { return yaml.Unmarshal(data, into) })
	},
	"toJSON":                func(value any) (string, error) { return toJSONText(value, "", true) },
	"toJSONPretty":          func(value any) (string, error) { return toJSONText(value, "  ", true) },
	"toUnescapedJSON":       func(value any) (string, error) { return toJSONText(value, "", false) },
	"toUnescapedJSONPretty": func(value any) (string, error) { return toJSONText(value, "  ", false) },
	"toYAML":                toYAML,
	"base64Encode":          encode64(base64.StdEncoding),
	"base64Decode":          decode64(base64.StdEncoding),
	"base64URLEncode":       encode64(base64.URLEncoding),
	"base64URLDecode":       decode64(base64.URLEncoding),
	"md5sum":                func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) },
	"sha256Hex":             func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
	"hmacSHA256Hex": func(message, key string) string {
		sum := hmac.New(sha256.New, []byte(key))
		sum.Write([]byte(message))
		return hex.EncodeToString(sum.Sum(nil))
	},
}

// orZero reads an empty text as the zero value, as consul-template does.
func orZero[T any](parse func(string) (T, error)) func(string) (T, error) {
	return func(text string) (T, error) {
		if text == "" {
			var zero T
			return zero, nil
		}
		return parse(text)
	}
}

func parseInt(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func parseData(text string, unmarshal func([]byte, any) error) (any, error) {
	if text == "" {
		return map[string]any{}, nil
	}
	var value any
	err := unmarshal([]byte(text), &value)
	return value, err
}

func toJSONText(value any, indentation string, escapeHTML bool) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(escapeHTML)
	encoder.SetIndent("", indentation)
	err := encoder.Encode(value)
	return strings.TrimSpace(text.String()), err
}

func toYAML(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return strings.TrimSpace(string(text)), err
}

func regexReplaceAll(pattern, replacement, text string) (string, error) {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	return compiled.ReplaceAllString(text, replacement), nil
}

func indent(spaces int, text string) (string, error) {
	if spaces < 0 || spaces > 1000 {
		return "", fmt.Errorf("indent takes 0 to 1000 spaces, not %d", spaces)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", spaces) + line
		}
	}
	return strings.Join(lines, "\n"), nil
}

func split(separator, text string) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return []string{}
	}
	return strings.Split(text, separator)
}

func splitToMap(between, inside, text string) map[string]string {
	parts := map[string]string{}
	for _, part := range split(between, text) {
		if key, value, found := strings.Cut(part, inside); found {
			parts[key] = value
		}
	}
	return parts
}

// timestamp is the present, in UTC: RFC 3339, seconds for "unix", or a layout of Go's.
func timestamp(layout ...string) (string, error) {
	now := time.Now().UTC()
	switch {
	case len(layout) == 0:
		return now.Format(time.RFC3339), nil
	case len(layout) > 1:
		return "", fmt.Errorf("timestamp takes one layout, not %d", len(layout))
	case layout[0] == "unix":
		return strconv.FormatInt(now.Unix(), 10), nil
	}
	return now.Format(layout[0]), nil
}

func encode64(encoding *base64.Encoding) func(string) string {
	return func(text string) string { return encoding.EncodeToString([]byte(text)) }
}

func decode64(encoding *base64.Encoding) func(string) (string, error) {
	return func(text string) (string, error) {
		data, err := encoding.DecodeString(text)
		return string(data), err
	}
}
