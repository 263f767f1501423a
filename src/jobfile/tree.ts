/** File index, line, column, end line, end column. */
export type Place = readonly [number, number, number, number, number];

/** One attribute as the Go side answers it: its value, and where it and its parts stand. */
export interface Node {
  readonly value?: unknown;
  readonly place?: Place;
  readonly namePlace?: Place;
  readonly children?: Readonly<Record<string, Node>> | readonly Node[];
  /** Its value could not be found; a fault already says why. */
  readonly bad?: boolean;
}

/** One evaluated block. */
export interface Block {
  readonly label?: string;
  readonly place?: Place;
  readonly labelPlace?: Place;
  readonly attributes: Readonly<Record<string, Node>>;
  readonly blocks: Readonly<Record<string, readonly Block[]>>;
}

export interface Fault {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
  readonly place?: Place;
}

/** What `parse` answers. */
export interface Parsed {
  readonly files: readonly string[];
  readonly faults: readonly Fault[];
  /** Faults that are not among these, as there were too many. */
  readonly more?: number;
  readonly tree?: Block;
  /** The file as plain JSON, when it is a job of Nomad's HTTP API. */
  readonly api?: Node;
}
