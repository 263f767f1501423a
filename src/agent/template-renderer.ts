import type { RenderInput } from "../jobfile/index.ts";

/** Renders a Go text/template; rejects with a LongshoreError of kind `invalid` that says where it fails. */
export type TemplateRenderer = (input: RenderInput) => Promise<string>;
