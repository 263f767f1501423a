import { Findings } from "./findings.ts";
import { hclText } from "./hcl.ts";
import { JobFileError } from "./job-file-error.ts";
import { checkText } from "./read-text.ts";
import type { Fault } from "./tree.ts";

/**
 * The text laid out as HashiCorp's own formatter does: indentation, aligned equals signs. Rejects with a JobFileError
 * when the text is no HCL; JSON is answered as it is.
 */
export async function formatJobFile(text: string, name: string): Promise<string> {
  checkText(name, text);
  if (/^\s*\{/.test(text)) return text;
  const answer = (await hclText.call("format", { name, text })) as {
    readonly text: string;
    readonly files: readonly string[];
    readonly faults: readonly Fault[];
  };
  const findings = new Findings(answer.files, new Map([[name, text]]));
  findings.addFaults(answer.faults);
  const errors = findings.errors();
  if (errors.length > 0) throw new JobFileError(name, errors);
  return answer.text;
}
