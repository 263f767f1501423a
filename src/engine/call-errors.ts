import type { ErrorDetails, ErrorKind } from "../task/index.ts";
import { errorCode, errorMessage, LongshoreError } from "../task/index.ts";

const kindsByStatus: Readonly<Record<number, ErrorKind>> = {
  400: "invalid",
  401: "unauthorized",
  403: "unauthorized",
  404: "not-found",
  408: "timeout",
  409: "conflict",
  429: "unavailable",
  501: "invalid",
  502: "unavailable",
  503: "unavailable",
  504: "timeout",
};

/** The kind that an HTTP status of the engine stands for. */
function toErrorKind(status: number): ErrorKind {
  return kindsByStatus[status] ?? (status >= 500 ? "internal" : "invalid");
}

/** What to do about an engine whose data folder is full. */
export const fullDiskHint = "Free space with `docker system prune`, or give the engine's data folder more.";

/** The engine's refusal as an error: `Cannot <what>: <the engine's words>`. */
export function toStatusError(what: string, status: number, body: string): LongshoreError {
  const words = toMessage(status, body);
  const kind = toErrorKind(status);
  if (kind !== "internal" || !/no space left on device/i.test(words))
    return new LongshoreError(kind, `Cannot ${what}: ${words}`);
  return new LongshoreError(kind, `Cannot ${what}: the engine's disk is full (${words})`, {
    hint: fullDiskHint,
  });
}

function toMessage(status: number, body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) {
      const message = String(parsed.message).trim();
      if (message !== "") return message;
    }
  } catch {
    // Not JSON: an old engine, or something in between, answered in its own words.
  }
  const text = body.trim();
  if (text === "" || text.startsWith("<")) return `the engine answered with status ${status}`;
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}

const startHint =
  "Is Docker installed and running? Try `sudo systemctl start docker`, or start Docker Desktop.";
const groupHint =
  "Add yourself to the socket's group with `sudo usermod -aG docker $USER` and log in again, or run as root.";
const tlsHint = "Check the tls options (ca, cert, key) or DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.";

interface ConnectionFault {
  readonly kind: ErrorKind;
  readonly why: string;
  readonly hint?: string;
}

const noEngine = { kind: "unavailable", hint: startHint } as const;
const lostEngine = { kind: "unavailable", why: "the engine closed the connection" } as const;

const faultsByCode: Readonly<Record<string, ConnectionFault>> = {
  ENOENT: { ...noEngine, why: "there is no such socket" },
  ENOTSOCK: { ...noEngine, why: "it is not a socket" },
  ECONNREFUSED: { ...noEngine, why: "nothing listens there" },
  EACCES: { kind: "unauthorized", why: "no permission to use the socket", hint: groupHint },
  EPERM: { kind: "unauthorized", why: "no permission to use the socket", hint: groupHint },
  EAGAIN: { kind: "unavailable", why: "its socket takes no more connections at the moment" },
  ECONNRESET: lostEngine,
  EPIPE: lostEngine,
  ERR_STREAM_PREMATURE_CLOSE: lostEngine,
  ENOTFOUND: { kind: "unavailable", why: "the host's name is unknown" },
  EAI_AGAIN: { kind: "unavailable", why: "the host's name could not be looked up" },
  ETIMEDOUT: { kind: "unavailable", why: "the host does not answer" },
  EHOSTUNREACH: { kind: "unavailable", why: "there is no route to the host" },
  ENETUNREACH: { kind: "unavailable", why: "there is no route to the host" },
};

const unreached: ReadonlySet<string> = new Set(["ENOENT", "ENOTSOCK", "ECONNREFUSED", "EACCES", "EPERM"]);

/** What broke while talking to the engine, as an error; one that already is a LongshoreError stays as it is. */
export function toConnectionError(what: string, endpoint: string, cause: unknown): LongshoreError {
  if (cause instanceof LongshoreError) return cause;
  const code = errorCode(cause) ?? "";
  const fault = faultsByCode[code] ?? toProtocolFault(code, cause);
  const details: ErrorDetails = { cause, hint: fault.hint };
  const text = unreached.has(code)
    ? `Cannot reach Docker at ${endpoint}`
    : `Cannot ${what}: Docker at ${endpoint}`;
  return new LongshoreError(fault.kind, `${text}: ${fault.why}`, details);
}

function toProtocolFault(code: string, cause: unknown): ConnectionFault {
  const words = errorMessage(cause);
  if (code.startsWith("HPE_")) {
    return { kind: "unavailable", why: `what answers there does not speak HTTP (${words})`, hint: tlsHint };
  }
  if (/CERT|TLS|SSL|^EPROTO$|UNABLE_TO_/.test(code)) {
    return { kind: "unavailable", why: `TLS failed: ${words}`, hint: tlsHint };
  }
  return { kind: "unavailable", why: words };
}
