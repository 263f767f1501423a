import { checkText, readTextFile } from "./read-text.ts";

/** A file to read, or text that is here already, with the name that messages call it. */
export type JobSource = { readonly file: string } | { readonly name: string; readonly text: string };

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** The text of a source. Rejects with a JobFileError when it is no text of at most 1 MB. */
export async function toText(input: JobSource): Promise<NamedText> {
  if ("file" in input) return { name: input.file, text: await readTextFile(input.file) };
  return { name: input.name, text: checkText(input.name, input.text) };
}
