import type { OptionProblem } from "../task/index.ts";

/**
 * A job as the file means it: every default filled in, every duration in milliseconds, every expression
 * evaluated except run-time references (`${NOMAD_...}`, `${env["X"]}`, `${attr.x}`, `${meta.x}`, `${node.x}`),
 * which strings still carry as written.
 */
export interface Job {
  readonly id: string;
  readonly name: string;
  readonly type: "service" | "batch" | "system" | "sysbatch";
  readonly region: string;
  readonly namespace: string;
  readonly datacenters: readonly string[];
  readonly priority: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly groups: readonly TaskGroup[];
  /** Written in the 2015 style: tasks directly in the job, `dynamic_ports`, `reserved_ports` or string `args`. */
  readonly seedStyle: boolean;
}

export interface TaskGroup {
  readonly name: string;
  readonly count: number;
  readonly network: GroupNetwork | undefined;
  readonly restart: RestartPolicy;
  readonly tasks: readonly Task[];
  readonly meta: Readonly<Record<string, string>>;
  readonly volumes: readonly GroupVolume[];
  readonly shutdownDelayMs: number;
  /** How long an allocation may run, from its making on. */
  readonly maxRunDurationMs: number | undefined;
}

export interface GroupNetwork {
  readonly mode: "host" | "bridge" | "none";
  readonly hostname: string;
  readonly ports: readonly PortSpec[];
  readonly dns:
    | {
        readonly servers: readonly string[];
        readonly searches: readonly string[];
        readonly options: readonly string[];
      }
    | undefined;
}

/** A port to be given: dynamic when `static` is undefined. */
export interface PortSpec {
  readonly label: string;
  readonly static: number | undefined;
  /** The port in the container; undefined: the same as on the host. `to = -1`: also the same. */
  readonly to: number | undefined;
  readonly hostNetwork: string;
}

export interface GroupVolume {
  readonly name: string;
  readonly type: string;
  readonly source: string;
  readonly readOnly: boolean;
}

export interface RestartPolicy {
  readonly attempts: number;
  readonly intervalMs: number;
  readonly delayMs: number;
  readonly mode: "fail" | "delay";
}

export interface Task {
  readonly name: string;
  readonly driver: string;
  /** The `config` block: attributes as values, nested blocks as arrays of objects. Checked by the driver. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
  readonly resources: Resources;
  /** The group's, with the task's own keys on top. */
  readonly restart: RestartPolicy;
  readonly killTimeoutMs: number;
  readonly killSignal: string | undefined;
  readonly shutdownDelayMs: number;
  readonly user: string;
  readonly leader: boolean;
  readonly lifecycle:
    | { readonly hook: "prestart" | "poststart" | "poststop"; readonly sidecar: boolean }
    | undefined;
  readonly logs: { readonly maxFiles: number; readonly maxFileSizeMb: number; readonly disabled: boolean };
  readonly templates: readonly Template[];
  readonly artifacts: readonly Artifact[];
  readonly volumeMounts: readonly VolumeMount[];
}

export interface Resources {
  readonly cpuMhz: number;
  /** Number of cores to reserve; 0 for none. */
  readonly cores: number;
  readonly memoryMb: number;
  /** `memory_max`: 0 when not set, -1 without limit. */
  readonly memoryMaxMb: number;
  /** The task's own network, 2015 and 2019 style. */
  readonly network: TaskNetworkSpec | undefined;
}

export interface TaskNetworkSpec {
  /** 2015: numeric labels are the container's port. 2019: `port` blocks with `port_map`. */
  readonly style: "2015" | "2019";
  readonly reservedPorts: readonly PortSpec[];
  readonly dynamicPorts: readonly PortSpec[];
}

export interface Template {
  /** Exactly one of data and source. */
  readonly data: string | undefined;
  readonly source: string | undefined;
  readonly destination: string;
  readonly changeMode: "noop" | "restart" | "signal" | "script";
  readonly changeSignal: string;
  readonly env: boolean;
  /** What runs in the task when `changeMode` is `script`. */
  readonly changeScript: ChangeScript | undefined;
  /** Rendered at the task's start only. */
  readonly once: boolean;
  /** Longest random time between a change and what is done about it. */
  readonly splayMs: number;
  /** Changes are taken when none came for `minMs`, or `maxMs` after the first. */
  readonly wait: { readonly minMs: number; readonly maxMs: number } | undefined;
  /** File mode, e.g. 0o644. */
  readonly perms: number;
  /** The file's owner and group; undefined: whoever runs Longshore. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly leftDelimiter: string;
  readonly rightDelimiter: string;
  readonly missingKeyIsError: boolean;
}

export interface ChangeScript {
  readonly command: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** The task fails with the script. */
  readonly failOnError: boolean;
  /** Also after the task's start. */
  readonly runOnFirstRender: boolean;
}

export interface Artifact {
  readonly source: string;
  readonly destination: string;
  readonly options: Readonly<Record<string, string>>;
  /** Of HTTP requests. */
  readonly headers: Readonly<Record<string, string>>;
  /** The server's certificate is not looked at. */
  readonly insecure: boolean;
  readonly mode: "any" | "file" | "dir";
}

export interface VolumeMount {
  readonly volume: string;
  readonly destination: string;
  readonly readOnly: boolean;
  readonly propagationMode: string;
}

/** A place in a job file; lines and columns count from 1, columns in Unicode code points. */
export interface SourceRange {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** One fault of a job file. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** What is wrong, in a few words. */
  readonly summary: string;
  /** Why, what was expected, and what to do. */
  readonly detail: string;
  readonly range: SourceRange | undefined;
  /** The file, where the fault is its whole and has no place in it. */
  readonly file?: string | undefined;
  /** The whole source line at `range.line`; undefined where there is none. */
  readonly sourceLine: string | undefined;
}

/** A key that Nomad knows and that has no effect on one machine. */
export interface NoEffect {
  /** `update`, `group "web" > service` */
  readonly key: string;
  readonly range: SourceRange | undefined;
}

/** A file that was read and understood as a whole. */
export interface ReadJob {
  readonly job: Job;
  readonly noEffect: readonly NoEffect[];
  readonly warnings: readonly Diagnostic[];
  /**
   * Where a key's value stands, or with `about: "key"` the key, for errors found later:
   * `["group", "web", "task", "app", "config", "image"]`; the nearest enclosing block when it is not written.
   */
  locate(
    path: OptionProblem["path"],
    about?: OptionProblem["about"],
  ): Pick<Diagnostic, "range" | "sourceLine">;
}
