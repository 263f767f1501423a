import { HclEngine } from "./hcl-engine.ts";
import { agentConfigSchema, jobFileSchema } from "./job-schema.ts";
import { toGoSchema } from "./schema.ts";

/** The one engine of the process that reads: compiling it takes longer than reading any file with it. */
export const hcl = new HclEngine("hcl.wasm", {
  job: toGoSchema(jobFileSchema),
  agent: toGoSchema(agentConfigSchema),
});

/** Formats files and renders templates, which few runs do: without these, the other one starts in half the time. */
export const hclText = new HclEngine("text.wasm");
