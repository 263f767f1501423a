import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type ErrorKind, errorCode, errorMessage, LongshoreError } from "../../task/index.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

export interface DownloadOptions {
  /** Of each request to the address's own host. */
  readonly headers: Readonly<Record<string, string>>;
  /** Do not look at the server's certificate. */
  readonly insecure: boolean;
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
}

/**
 * The body of an address, redirects followed. Rejects with a kind that says whether trying again makes sense;
 * the server's status is in the message.
 */
export async function* download(url: URL, options: DownloadOptions): AsyncGenerator<Uint8Array> {
  const { limits, signal } = options;
  const idle = new AbortController();
  const all = AbortSignal.any([signal, idle.signal, AbortSignal.timeout(limits.timeoutMs)]);
  let timer = startIdle(idle, limits.idleTimeoutMs);
  try {
    const response = await request(url, { ...options, signal: all });
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
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

async function request(first: URL, options: DownloadOptions): Promise<IncomingMessage> {
  const { limits } = options;
  let url = first;
  for (let hops = 0; hops <= limits.maxRedirects; hops += 1) {
    // Another host is not told this one's login, nor what else may be a secret.
    const own = url.origin === first.origin ? { ...toLogin(first), ...options.headers } : {};
    const response = await get(url, { ...options, headers: own });
    const { statusCode = 0, headers } = response;
    const location = statusCode >= 300 && statusCode < 400 ? headers.location : undefined;
    if (location === undefined) return checkResponse(url, response, limits);
    response.destroy();
    url = toNext(url, location);
  }
  throw new LongshoreError("invalid", `${describe(first)}: more than ${limits.maxRedirects} redirects`);
}

async function get(url: URL, { headers, insecure, signal }: DownloadOptions): Promise<IncomingMessage> {
  const settings = {
    agent: false,
    // What is stored is what the server has: an archive must not arrive unpacked.
    headers: { "accept-encoding": "identity", ...headers },
    signal,
  };
  const bare = withoutLogin(url);
  const sent =
    url.protocol === "https:"
      ? (await import("node:https")).get(bare, { ...settings, rejectUnauthorized: !insecure })
      : (await import("node:http")).get(bare, settings);
  // What goes wrong once the answer is there is the answer's to tell.
  sent.on("error", () => undefined);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
}

function toNext(from: URL, location: string): URL {
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (next?.protocol === "https:" || (next?.protocol === "http:" && from.protocol === "http:")) return next;
  throw new LongshoreError("invalid", `${describe(from)}: leads to "${location}", which is not followed`, {
    hint: "Redirects are followed to http and https addresses, and never from https to http.",
  });
}

function checkResponse(url: URL, response: IncomingMessage, limits: ArtifactLimits): IncomingMessage {
  const { statusCode = 0, statusMessage = "", headers } = response;
  if (statusCode >= 200 && statusCode < 300) {
    if (Number(headers["content-length"] ?? 0) <= limits.maxBytes) return response;
    response.destroy();
    throw tooLarge(url, limits);
  }
  response.destroy();
  const kind = toKind(statusCode);
  const words = `${statusCode} ${statusMessage}`.trim();
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
  const words = errorMessage(thrown);
  return new LongshoreError("unavailable", `${describe(url)}: ${words}`, {
    cause: thrown,
    hint: isCertificateFault(thrown)
      ? "insecure = true takes whatever certificate the server has."
      : undefined,
  });
}

function isCertificateFault(thrown: unknown): boolean {
  return /CERT|SELF_SIGNED|VERIFY_LEAF|ALTNAME/.test(errorCode(thrown) ?? "");
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
