import type { ErrorKind } from "../task/index.ts";
import { LongshoreError } from "../task/index.ts";
import { fullDiskHint } from "./call-errors.ts";

interface PullFault {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly hint: string;
  /** Put in front of the engine's words where those say too little. */
  readonly why?: string;
}

const nameHint = "Check the image's name and tag; a private image needs `auth`.";
const loginHint = "Check the credentials: the task's `auth`, or the agent's `auth.config` or `auth.helper`.";
const limitHint = "Wait and try again, or log in with `auth` for a higher limit.";
const reachHint = "Can this machine reach the registry? Trying again may help.";

/**
 * What the engine's words about a failed pull mean, first match wins. Within the stream of a pull words are all
 * there is. Sources: moby distribution/errors.go, the registry's error codes, and Go's network errors.
 */
const faults: readonly PullFault[] = [
  {
    pattern: /no space left on device/i,
    kind: "internal",
    why: "the engine's disk is full",
    hint: fullDiskHint,
  },
  {
    pattern: /toomanyrequests|too many requests|rate limit/i,
    kind: "unavailable",
    why: "the registry allows no more pulls for now",
    hint: limitHint,
  },
  {
    pattern: /no matching manifest for|does not match the specified platform|exec format/i,
    kind: "not-found",
    why: "the image is not made for this machine's platform",
    hint: "Use an image that has this platform.",
  },
  {
    pattern:
      /pull access denied|repository does not exist|(manifest|name) unknown|(repository|manifest for) .*not found|: not found$/i,
    kind: "not-found",
    hint: nameHint,
  },
  {
    pattern: /unauthorized|authentication required|no basic auth credentials|incorrect username or password/i,
    kind: "unauthorized",
    hint: loginHint,
  },
  { pattern: /denied|forbidden|insufficient_scope/i, kind: "unauthorized", hint: loginHint },
  {
    pattern: /invalid reference format|invalid repository name|invalid tag format/i,
    kind: "invalid",
    hint: nameHint,
  },
  {
    pattern: /x509:|tls:|certificate|server gave HTTP response to HTTPS client/i,
    kind: "unavailable",
    why: "no secure connection to the registry",
    hint: "Give the engine the registry's CA, or list the registry in its insecure-registries.",
  },
  {
    pattern: /no such host|server misbehaving|temporary failure in name resolution/i,
    kind: "unavailable",
    why: "the registry's name cannot be looked up",
    hint: "Check the registry's name and this machine's DNS.",
  },
  {
    pattern: /unexpected EOF/i,
    kind: "unavailable",
    why: "what the registry sends breaks off before its end",
    hint: "Trying again may help. If not, push the image again, or see what stands between here and the registry.",
  },
  {
    pattern:
      /connection refused|connection reset|no route to host|network is unreachable|broken pipe|\bEOF\b/i,
    kind: "unavailable",
    why: "the registry cannot be reached",
    hint: reachHint,
  },
  {
    pattern: /timeout|timed out|deadline exceeded|Client\.Timeout|request canceled while waiting/i,
    kind: "unavailable",
    why: "the registry did not answer in time",
    hint: reachHint,
  },
  {
    pattern: /invalid character '<'|unexpected content|<html|<!doctype/i,
    kind: "unavailable",
    why: "what answers is no registry, or one in trouble",
    hint: reachHint,
  },
  {
    pattern: /internal server error|bad gateway|service unavailable|gateway time-?out/i,
    kind: "unavailable",
    why: "the registry is in trouble",
    hint: reachHint,
  },
  {
    pattern: /verification failed|unexpected commit digest|size validation/i,
    kind: "unavailable",
    why: "a part of the image arrived damaged",
    hint: reachHint,
  },
  {
    pattern: /unknown blob/i,
    kind: "unavailable",
    why: "the registry has not all parts of the image",
    hint: "Was it pushed to its end? Push it again.",
  },
];

/** Statuses that came without words of the registry: the engine tells then how it failed to read some. */
const bareStatus =
  /error parsing HTTP (\d{3}) response|unexpected (?:HTTP )?status(?: from \w+ request to \S+)?: (\d{3})/i;

function findStatus(words: string): number | undefined {
  const [, parsed, unexpected] = bareStatus.exec(words) ?? [];
  const status = parsed ?? unexpected;
  return status === undefined ? undefined : Number(status);
}

function judgeStatus(status: number): Omit<PullFault, "pattern"> & { readonly why: string } {
  if (status === 401 || status === 403)
    return { kind: "unauthorized", why: "refuses access", hint: loginHint };
  if (status === 404) return { kind: "not-found", why: "does not have it", hint: nameHint };
  if (status === 429) return { kind: "unavailable", why: "allows no more pulls for now", hint: limitHint };
  const why = status >= 500 ? "is in trouble" : "answers as no registry does";
  return { kind: "unavailable", why, hint: reachHint };
}

const prefix = /^Cannot pull image "[^"]*": /;

/**
 * A failed pull as an error of the right kind, with the engine's words kept. Errors of this side (canceled,
 * timeout, no engine) and those whose status already says it stay as they are.
 */
export function toPullError(image: string, error: unknown): unknown {
  if (!(error instanceof LongshoreError) || error.hint !== undefined) return error;
  // Only `internal`, and the kinds of statuses that engines use loosely, are worth a look at the words.
  if (error.kind === "canceled" || error.kind === "timeout" || error.kind === "unavailable") return error;
  const words = error.message.replace(prefix, "");
  const judged = withoutNames(words, image);
  const status = findStatus(judged);
  if (status !== undefined) {
    const { kind, why, hint } = judgeStatus(status);
    const text = toText(image, `the registry ${why} (it answered ${status})`);
    return new LongshoreError(kind, text, { hint, cause: error });
  }
  const fault = faults.find(({ pattern }) => pattern.test(judged));
  if (fault === undefined) return new LongshoreError(error.kind, toText(image, words), { cause: error });
  const why = fault.why === undefined ? words : `${fault.why} (${words})`;
  return new LongshoreError(fault.kind, toText(image, why), { hint: fault.hint, cause: error });
}

/** An image may be called `denied`; names and addresses say nothing about the fault. */
function withoutNames(words: string, image: string): string {
  const name = image.replace(/(?:@|:[^:/]*$).*/, "");
  return words
    .replaceAll(image, "IMAGE")
    .replaceAll(name, "IMAGE")
    .replace(/"https?:[^"]*"/g, "URL");
}

function toText(image: string, why: string): string {
  return `Cannot pull image "${image}": ${why}`;
}
