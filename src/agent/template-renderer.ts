/** A template's text and what it may ask for. */
export interface TemplateInput {
  readonly text: string;
  readonly leftDelimiter: string;
  readonly rightDelimiter: string;
  /** What `env "NAME"` answers. */
  readonly env: Readonly<Record<string, string>>;
  /** For messages. */
  readonly name: string;
}

/** Renders a Go text/template; rejects with a LongshoreError of kind `invalid` that says where it fails. */
export type TemplateRenderer = (input: TemplateInput) => Promise<string>;
