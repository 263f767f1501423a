import { LongshoreError } from "../task/index.ts";
import type { TemplateRenderer } from "./template-renderer.ts";

/** Renders with the job file reader's engine. */
export const renderWithJobfile: TemplateRenderer = async ({ name }) => {
  throw new LongshoreError("invalid", `${name}: no template renderer`);
};
