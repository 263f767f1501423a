import { HclEngine } from "./hcl-engine.ts";
import { agentConfigSchema, jobFileSchema } from "./job-schema.ts";
import { toGoSchema } from "./schema.ts";

/** The one engine of the process: compiling it takes longer than reading any file with it. */
export const hcl = new HclEngine({ job: toGoSchema(jobFileSchema), agent: toGoSchema(agentConfigSchema) });
