import { HclEngine } from "./hcl-engine.ts";
import { agentConfigSchema, jobFileSchema } from "./job-schema.ts";
import { toGoSchemas } from "./schema.ts";

/** The one engine of the process that reads: compiling it takes longer than reading any file with it. */
export const hcl = new HclEngine("hcl", () => toGoSchemas({ job: jobFileSchema, agent: agentConfigSchema }));

/** Formats files and renders templates, which few runs do: without these, the other one starts in half the time. */
export const hclText = new HclEngine("text");
