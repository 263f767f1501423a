import { describe, expect, it } from "vitest";
import { type RenderInput, renderTemplate } from "./render-template.ts";

const env = { NAME: "World", EMPTY: "", LIST: "a,b,c", JSON: '{"a":{"b":[1,2.5,"x"]}}' };

function render(text: string, options: Partial<RenderInput> = {}): Promise<string> {
  return renderTemplate({ text, name: "app.conf", env, ...options });
}

describe("a template", () => {
  it.each([
    ['Hello {{ env "NAME" }}!', "Hello World!"],
    ['{{ envOrDefault "NOTHING" "x" }}{{ envOrDefault "EMPTY" "y" }}{{ env "NOTHING" }}', "x"],
    ['{{ range $i, $x := env "LIST" | split "," }}{{ $i }}{{ $x }} {{ end }}', "0a 1b 2c "],
    [
      '{{ range loop 3 }}{{ . }}{{ end }}{{ range loop 5 7 }}{{ . }}{{ end }}{{ range loop "1" "3" }}{{ . }}{{ end }}',
      "0125612",
    ],
    ['{{ with env "JSON" | parseJSON }}{{ .a.b | toJSON }} {{ index .a.b 2 }}{{ end }}', '[1,2.5,"x"] x'],
    ['{{ with parseYAML "a: [1, 2]" }}{{ toYAML . }}{{ end }}', "a:\n- 1\n- 2"],
    ['{{ toJSONPretty (parseJSON "[1]") }}', "[\n  1\n]"],
    ['{{ "x" | base64Encode }} {{ "eA==" | base64Decode }}', "eA== x"],
    ['{{ join "-" (split "," "a,b") }}', "a-b"],
    ['{{ trimSpace "  a " }}{{ toUpper "b" }}{{ toLower "C" }}{{ toTitle "dd" }}', "aBcDd"],
    ['{{ "a.b.c" | replaceAll "." "_" }}', "a_b_c"],
    ['{{ if "foo" | regexMatch "^f" }}yes{{ end }} {{ "a1" | regexReplaceAll "[0-9]" "#" }}', "yes a#"],
    [
      "{{ add 1 2 }} {{ 5 | subtract 2 }} {{ multiply 2 3 }} {{ 10 | divide 4 }} {{ 10 | modulo 4 }}",
      "3 3 6 2 2",
    ],
    ["{{ minimum 3 5 }} {{ maximum 3 5 }} {{ add 1.5 1 }}", "3 5 2.5"],
    ['{{ parseInt "5" | add 1 }} {{ parseBool "true" }} {{ parseFloat "1.5" }}', "6 true 1.5"],
    ['{{ if contains "b" (split "," "a,b") }}has{{ end }} {{ if in "abc" "z" }}z{{ end }}', "has "],
    ['{{ "a\\nb" | indent 2 }}', "  a\n  b"],
    ['{{ define "t" }}<{{ . }}>{{ end }}{{ executeTemplate "t" 1 }}', "<1>"],
    ['{{ timestamp "unix" | regexMatch "^[0-9]+$" }} {{ timestamp | regexMatch "^20..-.*Z$" }}', "true true"],
    ['{{ sha256Hex "x" | regexMatch "^2d711642" }}', "true"],
    ["{{- /* nothing */ -}}", ""],
  ])("%s gives %s", async (text, expected) => {
    expect(await render(text)).toBe(expected);
  });

  it("may have other delimiters, and keep Go's own then", async () => {
    expect(await render('[[ env "NAME" ]] {{ kept }}', { leftDelimiter: "[[", rightDelimiter: "]]" })).toBe(
      "World {{ kept }}",
    );
  });

  it("reads files through the host alone", async () => {
    const readFile = (path: string) => {
      if (path !== "local/a") throw new Error(`${path} is outside`);
      return "content ü";
    };
    expect(await render('{{ file "local/a" }}', { readFile })).toBe("content ü");
    await expect(render('{{ file "/etc/passwd" }}', { readFile })).rejects.toThrow("/etc/passwd is outside");
    await expect(render('{{ file "local/a" }}')).rejects.toThrow('"file" cannot be used here');
  });

  it("sees nothing of this process's own environment", async () => {
    expect(await render('{{ env "PATH" }}')).toBe("");
  });

  it("takes a missing key as <no value>, or as an error where that is asked for", async () => {
    const text = '{{ with parseJSON "{}" }}{{ .a }}{{ end }}x{{ (parseJSON "{\\"b\\":1}").a }}';
    expect(await render(text)).toBe("x<no value>");
    await expect(render(text, { missingKeyIsError: true })).rejects.toThrow('no entry for key "a"');
  });
});

describe("a template that fails", () => {
  it.each([
    ["a\n{{ nope }}", 'app.conf:2: function "nope" not defined'],
    ["a\n{{ if }}", "app.conf:2: missing value for if"],
    ['{{ key "a" }}', '"key" needs Consul, and there is none on one machine'],
    ['{{ secret "a" }}', '"secret" needs Vault, and there is none on one machine'],
    ['{{ nomadVar "a" }}', '"nomadVar" needs a Nomad server, and there is none on one machine'],
    ['{{ range service "web" }}{{ end }}', '"service" needs Consul'],
    ['\n\n{{ parseInt "x" }}', "app.conf:3:3:"],
    ["{{ divide 0 1 }}", "division by zero"],
    ['{{ add "a" 1 }}', "add takes numbers"],
    ['{{ mustEnv "NOTHING" }}', "the task's environment has no NOTHING"],
    ["{{ range loop 999999999 }}x{{ end }}", "loop runs at most"],
    [
      '{{ $x := printf "%01000000d" 1 }}{{ range loop 20 }}{{ $x }}{{ end }}',
      "the output has more than 16 MB",
    ],
    ['{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', "exceeded maximum template depth"],
  ])("%j names the place and the reason: %s", async (text, expected) => {
    await expect(render(text)).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining(expected),
    });
    expect(await render("still here")).toBe("still here");
  });
});

describe("a template that takes much memory", () => {
  it("gives it back: the next one starts afresh, also when several wait", async () => {
    const greedy = `{{ $x := printf "%0900000d" 1 }}${'{{ $x = printf "%s%s" $x $x }}'.repeat(8)}ok`;
    expect(await Promise.all([greedy, "a", greedy, "b"].map((text) => render(text)))).toEqual([
      "ok",
      "a",
      "ok",
      "b",
    ]);
    expect(await render("c")).toBe("c");
  });
});
