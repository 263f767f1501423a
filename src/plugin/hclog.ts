import { isLongshoreError, type LogFields, type Logger } from "../task/index.ts";

const levels = ["trace", "debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof levels)[number];

export interface LogStream {
  write(line: string): unknown;
  /** Bytes that the reader has not taken yet. */
  readonly writableLength: number;
}

/** The host splits lines over 64 KiB, which would tear the JSON. */
const longestLine = 60_000;
const longestField = 8000;
/** A host that does not read holds up no task: lines beyond this are dropped, and counted. */
const waitingBytes = 1024 * 1024;

/** The least level that the agent's own level lets through; the agent drops the rest again by itself. */
export function readLogLevel(text: string | undefined): LogLevel {
  return levels.find((level) => level === text?.toLowerCase()) ?? "debug";
}

/** Writes lines that a go-plugin host reads: one JSON object each, as hclog has them. */
export function createHclogLogger(stream: LogStream, least: LogLevel): Logger {
  let dropped = 0;

  function write(level: LogLevel, message: string, fields: LogFields): void {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    if (stream.writableLength > waitingBytes) {
      dropped++;
      return;
    }
    if (dropped > 0) {
      const lost = dropped;
      dropped = 0;
      write("warn", "log lines were dropped, because the agent did not read them", { lines: lost });
    }
    stream.write(toHclogLine(level, message, fields, new Date()));
  }

  return {
    debug: (message, fields = {}) => write("debug", message, fields),
    info: (message, fields = {}) => write("info", message, fields),
    warn: (message, fields = {}) => write("warn", message, fields),
    error: (message, fields = {}) => write("error", message, fields),
  };
}

/** One line, with its end. */
export function toHclogLine(level: LogLevel, message: string, fields: LogFields, at: Date): string {
  const head = { "@level": level, "@message": cut(message, longestField), "@timestamp": toTimestamp(at) };
  const own = Object.entries(fields).filter(
    ([name, value]) => !Object.hasOwn(head, name) && value !== undefined,
  );
  const line = JSON.stringify({ ...head, ...Object.fromEntries(own.map(([k, v]) => [k, toValue(v)])) });
  return `${Buffer.byteLength(line) > longestLine ? JSON.stringify(head) : line}\n`;
}

/** hclog reads exactly six digits of a second. */
function toTimestamp(at: Date): string {
  return at.toISOString().replace("Z", "000Z");
}

function toValue(value: unknown): unknown {
  if (value instanceof Error) return cut(toErrorText(value), longestField);
  if (typeof value === "string") return cut(value, longestField);
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  return cut(JSON.stringify(value) ?? String(value), longestField);
}

function toErrorText(error: Error): string {
  const { cause } = error;
  const why = cause instanceof Error && !error.message.includes(cause.message) ? `: ${cause.message}` : "";
  const hint = isLongshoreError(error) && error.hint !== undefined ? `. ${error.hint}` : "";
  return `${error.message}${why}${hint}`;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
