import { errorMessage, LongshoreError } from "../task/index.ts";
import { hclText } from "./hcl.ts";

/** A template's text and what it may ask for. */
export interface RenderInput {
  readonly text: string;
  /** For messages. */
  readonly name: string;
  /** What `env "NAME"` answers; nothing else of the environment is seen. */
  readonly env: Readonly<Record<string, string>>;
  /** `{{` when missing. */
  readonly leftDelimiter?: string | undefined;
  /** `}}` when missing. */
  readonly rightDelimiter?: string | undefined;
  /** A missing key of a map is an error instead of `<no value>`. */
  readonly missingKeyIsError?: boolean | undefined;
  /** What `file "PATH"` reads, at once; throws for what the task may not see. Without it `file` is an error. */
  readonly readFile?: ((path: string) => string) | undefined;
}

/**
 * Renders Go's text/template with consul-template's functions that need no server. Rejects with kind `invalid`, naming
 * the template, the line and the function that failed.
 */
export async function renderTemplate(input: RenderInput): Promise<string> {
  const { readFile, leftDelimiter = "{{", rightDelimiter = "}}", ...rest } = input;
  const longshoreReadFile = (path: string) => readForTemplate(path, readFile);
  const request = { ...rest, leftDelimiter, rightDelimiter };
  const answer = (await hclText.call("render", request, { longshoreReadFile })) as {
    readonly text: string;
    readonly error?: string;
  };
  if (answer.error === undefined) return answer.text;
  throw new LongshoreError(
    "invalid",
    `the template cannot be rendered: ${answer.error.replace(/^template: /, "")}`,
    {
      hint: "Templates are Go's text/template; functions that ask Consul, Vault or a Nomad server do not work on one machine.",
    },
  );
}

function readForTemplate(
  path: string,
  readFile: RenderInput["readFile"],
): { text: string } | { error: string } {
  if (readFile === undefined) return { error: `"file" cannot be used here` };
  try {
    return { text: readFile(path) };
  } catch (error) {
    return { error: errorMessage(error) };
  }
}
