import { describe, expect, it } from "vitest";
import { LongshoreError } from "../task/index.ts";
import { toPullError } from "./pull-errors.ts";

const image = "127.0.0.1:5000/app:1";

function judge(words: string, of = image): LongshoreError {
  const error = toPullError(of, new LongshoreError("internal", words));
  if (error instanceof LongshoreError) return error;
  throw new Error("not a LongshoreError");
}

/** How engine 20.10 tells of an answer without a registry's JSON in it. */
const parsing = (status: number, why: string): string =>
  `error parsing HTTP ${status} response body: ${why}: "<html>"`;
/** How one with containerd's image store does. */
const unexpected = (status: string): string =>
  `unexpected status from HEAD request to http://r/v2/app/manifests/1: ${status}`;

describe("the engine's words about a failed pull", () => {
  it.each([
    // Seen on engine 20.10 with faults in front of a registry.
    ["not-found", "manifest for 127.0.0.1:5000/app:1 not found: manifest unknown: manifest unknown"],
    [
      "not-found",
      "pull access denied for app, repository does not exist or may require 'docker login': denied: no",
    ],
    ["unauthorized", 'Head "http://127.0.0.1:5000/v2/app/manifests/1": no basic auth credentials'],
    ["unauthorized", "unauthorized: authentication required"],
    ["unavailable", "toomanyrequests: You have reached your pull rate limit."],
    ["unavailable", "error unmarshalling content: invalid character '<' looking for beginning of value"],
    ["unavailable", 'Get "http://127.0.0.1:5000/v2/": EOF'],
    ["unavailable", "unexpected EOF"],
    ["unavailable", 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'],
    ["unavailable", 'Get "https://no.such/v2/": dial tcp: lookup no.such on 10.0.0.1:53: no such host'],
    ["unavailable", 'Get "https://r/v2/": dial tcp 10.0.0.9:443: connect: no route to host'],
    [
      "unavailable",
      'Get "https://r/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)',
    ],
    ["unavailable", 'Get "https://r/v2/": x509: certificate signed by unknown authority'],
    ["unavailable", 'Get "https://r/v2/": http: server gave HTTP response to HTTPS client'],
    ["unavailable", "error pulling image configuration: download failed after attempts=1: unknown blob"],
    ["unavailable", "image config verification failed for digest sha256:9caa"],
    ["unavailable", "filesystem layer verification failed for digest sha256:9caa"],
    ["not-found", "no matching manifest for linux/s390x in the manifest list entries"],
    ["internal", "failed to register layer: write /x: no space left on device"],
    // Engines with containerd's image store.
    ["not-found", 'failed to resolve reference "127.0.0.1:5000/app:1": 127.0.0.1:5000/app:1: not found'],
    [
      "not-found",
      "pull access denied, repository does not exist or may require authorization: server message",
    ],
  ] as const)("mean %s: %s", (kind, words) => {
    const error = judge(words);
    expect(error.kind).toBe(kind);
    expect(error.retryable).toBe(kind === "unavailable" || kind === "internal");
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/^Cannot pull image "127\.0\.0\.1:5000\/app:1": /);
    expect(error.hint).toBeTruthy();
  });

  it.each([
    ["unauthorized", "refuses access (it answered 401)", parsing(401, "unexpected end of JSON input")],
    ["unauthorized", "refuses access (it answered 403)", parsing(403, "invalid character '<' looking for")],
    ["unauthorized", "refuses access (it answered 403)", unexpected("403 Forbidden")],
    ["not-found", "does not have it (it answered 404)", parsing(404, "unexpected end of JSON input")],
    ["unavailable", "allows no more pulls for now (it answered 429)", parsing(429, "invalid character '<'")],
    ["unavailable", "allows no more pulls for now (it answered 429)", unexpected("429 Too Many Requests")],
    ["unavailable", "is in trouble (it answered 500)", parsing(500, "invalid character '<' looking for")],
    ["unavailable", "is in trouble (it answered 502)", "received unexpected HTTP status: 502 Bad Gateway"],
    ["unavailable", "is in trouble (it answered 500)", unexpected("500 Internal Server Error")],
    ["unavailable", "answers as no registry does (it answered 418)", parsing(418, "unexpected end of JSON")],
  ] as const)("that hold no more than a status mean %s: the registry %s", (kind, why, words) => {
    const error = judge(words);
    expect(error.kind).toBe(kind);
    expect(error.message).toBe(`Cannot pull image "${image}": the registry ${why}`);
    expect(error.hint).toBeTruthy();
    expect(error.cause).toMatchObject({ message: words });
  });

  it("tell a registry that breaks off from one that cannot be reached", () => {
    expect(judge("download failed after attempts=6: unexpected EOF").message).toContain("breaks off");
    expect(judge('Get "http://127.0.0.1:5000/v2/": EOF').message).toContain("cannot be reached");
  });

  it("mean nothing more than an internal error when nobody knows them", () => {
    const error = judge("flux capacitor jammed");
    expect(error.kind).toBe("internal");
    expect(error.message).toBe(`Cannot pull image "${image}": flux capacitor jammed`);
  });

  it("are not judged by the image's own name", () => {
    const words = 'Get "http://r/v2/denied/manifests/1": dial tcp: connect: connection refused';
    expect(judge(words, "r/denied:1").kind).toBe("unavailable");
    expect(judge("manifest for r/unauthorized:1 not found", "r/unauthorized:1").kind).toBe("not-found");
  });

  it("do not change an error of this side", () => {
    for (const kind of ["canceled", "timeout", "unavailable"] as const) {
      const error = new LongshoreError(kind, "denied");
      expect(toPullError(image, error)).toBe(error);
    }
  });
});
