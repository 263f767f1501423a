import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLongshoreError } from "../../task/index.ts";
import type { ImageReference } from "./image-reference.ts";
import { formatImageReference, isLatest, parseImageReference, toRepositoryName } from "./image-reference.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;

describe("an image reference", () => {
  it.each([
    ["redis", "docker.io", "library/redis", "latest", undefined, "redis:latest"],
    ["redis:7", "docker.io", "library/redis", "7", undefined, "redis:7"],
    ["user/app", "docker.io", "user/app", "latest", undefined, "user/app:latest"],
    ["library/redis:7", "docker.io", "library/redis", "7", undefined, "redis:7"],
    ["docker.io/redis:7", "docker.io", "library/redis", "7", undefined, "redis:7"],
    ["docker.io/library/redis:7", "docker.io", "library/redis", "7", undefined, "redis:7"],
    ["index.docker.io/redis", "docker.io", "library/redis", "latest", undefined, "redis:latest"],
    ["https://redis:7", "docker.io", "library/redis", "7", undefined, "redis:7"],
    ["https://quay.io/a/b:c", "quay.io", "a/b", "c", undefined, "quay.io/a/b:c"],
    ["http://localhost/a", "localhost", "a", "latest", undefined, "localhost/a:latest"],
    ["localhost:5000/a", "localhost:5000", "a", "latest", undefined, "localhost:5000/a:latest"],
    [
      "127.0.0.1:5000/a/b/c:1.2-x_Y",
      "127.0.0.1:5000",
      "a/b/c",
      "1.2-x_Y",
      undefined,
      "127.0.0.1:5000/a/b/c:1.2-x_Y",
    ],
    ["[::1]:5000/a", "[::1]:5000", "a", "latest", undefined, "[::1]:5000/a:latest"],
    ["Registry/a", "Registry", "a", "latest", undefined, "Registry/a:latest"],
    [`redis@${digest}`, "docker.io", "library/redis", undefined, digest, `redis@${digest}`],
    [`redis:7@${digest}`, "docker.io", "library/redis", "7", digest, `redis@${digest}`],
    ["a__b/c-d.e:1", "docker.io", "a__b/c-d.e", "1", undefined, "a__b/c-d.e:1"],
  ])("%s is read whole", (text, host, repository, tag, readDigest, written) => {
    const reference = parseImageReference(text);
    expect(reference).toEqual({ host, repository, tag, digest: readDigest });
    expect(formatImageReference(reference)).toBe(written);
  });

  it.each([
    ["", "it is empty"],
    ["https://", "it is empty"],
    ["redis 7", "it contains a space"],
    ["Redis", 'the repository "Redis" has upper case letters'],
    ["user/App:1", 'the repository "user/App" has upper case letters'],
    ["redis:", "the tag after the colon is empty"],
    ["redis:-1", '"-1" is not a tag'],
    ["redis:a:b", '"a:b" is not a tag'],
    [`redis:${"x".repeat(129)}`, "the tag has 129 characters; 128 are allowed"],
    ["redis@sha256:abc", '"sha256:abc" is not a digest'],
    ["redis@", '"" is not a digest'],
    [`redis@sha256:${"a".repeat(63)}`, "the digest has 63 digits; sha256 has 64"],
    [`redis@sha256:${"A".repeat(64)}`, "the digest has 64 digits; sha256 has 64, in lower case"],
    [`redis@md5:${"a".repeat(32)}`, 'the digest\'s algorithm "md5" is unknown'],
    [hex, "64 hexadecimal digits are an image's id"],
    ["a//b", "has an empty part between slashes"],
    ["a/", "has an empty part between slashes"],
    ["localhost:5000/", "the repository is missing"],
    ["a..b", 'has a part "a..b" that does not hold'],
    ["-a", 'has a part "-a" that does not hold'],
    ["a_", 'has a part "a_" that does not hold'],
    ["ex ample.com/a", "it contains a space"],
    ["-bad.com/a", '"-bad.com" is not a registry host'],
    ["host:port/a", '"host:port" is not a registry host'],
    [`a/${"b".repeat(254)}`, "the repository has 256 characters; 255 are allowed"],
  ])("%j does not hold, and the error says why", (text, why) => {
    expect(() => parseImageReference(text)).toThrow(
      expect.objectContaining({ kind: "invalid", message: expect.stringContaining(why) }),
    );
  });

  it("means the registry's latest only by that tag and without a digest", () => {
    const judge = (text: string) => isLatest(parseImageReference(text));
    expect(
      ["redis", "redis:latest", "redis:7", `redis@${digest}`, `redis:latest@${digest}`].map(judge),
    ).toEqual([true, true, false, false, false]);
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8}){0,2}$/);
const host = fc.oneof(
  fc.constant("docker.io"),
  fc.constant("localhost"),
  fc.stringMatching(/^[a-z0-9]{1,8}\.[a-z]{2,4}(:[1-9][0-9]{0,4})?$/),
);
const hostedReference: fc.Arbitrary<ImageReference> = fc
  .record({
    host,
    path: fc.array(component, { minLength: 1, maxLength: 4 }),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: undefined }),
    digest: fc.option(fc.stringMatching(/^sha256:[0-9a-f]{64}$/), { nil: undefined }),
  })
  .map(({ host: at, path, tag, digest: of }) => ({
    host: at,
    repository: at === "docker.io" && path.length === 1 ? `library/${path[0]}` : path.join("/"),
    tag: tag ?? (of === undefined ? "latest" : undefined),
    digest: of,
  }))
  // `a.b/c` on Docker Hub cannot be written: its first part would be a host.
  .filter(({ host: at, repository }) => at !== "docker.io" || !/^[^/]*\.|^localhost\//.test(repository));

describe("image references of all kinds", () => {
  it("are read back as they were written", () => {
    fc.assert(
      fc.property(hostedReference, (reference) => {
        const back = parseImageReference(formatImageReference(reference));
        const { tag, ...rest } = reference;
        expect(back).toEqual({ ...rest, tag: reference.digest === undefined ? tag : undefined });
        expect(toRepositoryName(back)).toBe(toRepositoryName(reference));
      }),
    );
  });

  it("are read or refused with an error of ours, whatever the text", () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."aB1/:@._-[] sha256") }));
    fc.assert(
      fc.property(text, (input) => {
        try {
          formatImageReference(parseImageReference(input));
        } catch (error) {
          expect(isLongshoreError(error, "invalid")).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("are read in time that grows with the text's length only", () => {
    fc.assert(
      fc.property(fc.constantFrom("a", "a-", "a.", "A", "a/", "[", "0"), (part) => {
        expect(() => parseImageReference(`${part.repeat(20_000)}!`)).toThrow();
      }),
    );
  });
});
