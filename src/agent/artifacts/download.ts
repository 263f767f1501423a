import { type ErrorKind, LongshoreError } from "../../task/index.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

export interface DownloadOptions {
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
}

/**
 * The body of an address, redirects followed. Rejects with a kind that says whether trying again makes sense;
 * the server's status is in the message.
 */
export async function* download(url: URL, { limits, signal }: DownloadOptions): AsyncGenerator<Uint8Array> {
  const idle = new AbortController();
  const all = AbortSignal.any([signal, idle.signal, AbortSignal.timeout(limits.timeoutMs)]);
  let timer = startIdle(idle, limits.idleTimeoutMs);
  try {
    const response = await request(url, limits, all);
    let received = 0;
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = startIdle(idle, limits.idleTimeoutMs);
      received += chunk.byteLength;
      if (received > limits.maxBytes) throw tooLarge(url, limits);
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LongshoreError) throw error;
    throw toNetworkError(url, error, all.aborted, limits);
  } finally {
    clearTimeout(timer);
    idle.abort();
  }
}

function startIdle(idle: AbortController, ms: number): NodeJS.Timeout {
  return setTimeout(() => idle.abort(), ms);
}

async function request(first: URL, limits: ArtifactLimits, signal: AbortSignal): Promise<Response> {
  let url = first;
  for (let hops = 0; hops <= limits.maxRedirects; hops += 1) {
    // Another host is not told this one's login.
    const login = url.origin === first.origin ? toLogin(first) : {};
    const response = await fetch(withoutLogin(url), {
      redirect: "manual",
      // What is stored is what the server has: an archive must not arrive unpacked.
      headers: { "accept-encoding": "identity", ...login },
      signal,
    });
    const location =
      response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
    if (location === null) return checkResponse(url, response, limits);
    await response.body?.cancel();
    url = toNext(url, location);
  }
  throw new LongshoreError("invalid", `${describe(first)}: more than ${limits.maxRedirects} redirects`);
}

function toNext(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next?.protocol === "https:" || (next?.protocol === "http:" && from.protocol === "http:")) return next;
  throw new LongshoreError("invalid", `${describe(from)}: leads to "${location}", which is not followed`, {
    hint: "Redirects are followed to http and https addresses, and never from https to http.",
  });
}

function checkResponse(url: URL, response: Response, limits: ArtifactLimits): Response {
  if (response.ok) {
    if (Number(response.headers.get("content-length") ?? 0) > limits.maxBytes) throw tooLarge(url, limits);
    return response;
  }
  const kind = toKind(response.status);
  const words = `${response.status} ${response.statusText}`.trim();
  throw new LongshoreError(kind, `${describe(url)}: the server answered ${words}`);
}

function toKind(status: number): ErrorKind {
  if (status === 404 || status === 410) return "not-found";
  if (status === 401 || status === 403) return "unauthorized";
  return status >= 500 || status === 429 || status === 408 ? "unavailable" : "invalid";
}

function toNetworkError(
  url: URL,
  thrown: unknown,
  timedOut: boolean,
  limits: ArtifactLimits,
): LongshoreError {
  if (timedOut)
    return new LongshoreError(
      "timeout",
      `${describe(url)}: nothing came for ${limits.idleTimeoutMs / 1000} s, or not all within ${limits.timeoutMs / 1000} s`,
      { cause: thrown },
    );
  const inner = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const words = inner instanceof Error ? inner.message : String(inner);
  return new LongshoreError("unavailable", `${describe(url)}: ${words}`, { cause: thrown });
}

function tooLarge(url: URL, limits: ArtifactLimits): LongshoreError {
  return new LongshoreError("invalid", `${describe(url)}: larger than ${limits.maxBytes} bytes`);
}

function toLogin(url: URL): Record<string, string> {
  if (url.username === "" && url.password === "") return {};
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(login).toString("base64")}` };
}

function withoutLogin(url: URL): URL {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  return bare;
}

/** For messages: without login and query, which may hold secrets. */
function describe(url: URL): string {
  const bare = withoutLogin(url);
  bare.search = "";
  return bare.href;
}
