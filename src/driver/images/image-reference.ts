import { LongshoreError } from "../../task/index.ts";

/** A parsed image reference, complete: what the text left out is filled in. */
export interface ImageReference {
  /** Registry host with its port; `docker.io` for Docker Hub. */
  readonly host: string;
  /** Path in the registry; `library/redis` for `redis`. */
  readonly repository: string;
  /** As written, else `latest`; undefined when only a digest was given. */
  readonly tag: string | undefined;
  /** `sha256:<hex>`; where there is one it alone says which image. */
  readonly digest: string | undefined;
}

const hub = "docker.io";
const maxRepositoryLength = 255;

const hostPattern =
  /^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)(?::[0-9]+)?$/;
const componentPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*):([0-9a-fA-F]{32,})$/;
const hexLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * Reads `[https://][host[:port]/]repository[:tag][@digest]`, as the distribution project's grammar has it.
 * Without a host the image comes from Docker Hub, without tag and digest it means `latest`.
 * Throws `invalid`, saying which part does not hold and why.
 */
export function parseImageReference(text: string): ImageReference {
  const fail: Fail = (why, hint) => {
    throw new LongshoreError("invalid", `Image reference ${JSON.stringify(text)}: ${why}`, { hint });
  };
  const bare = text.replace(/^https?:\/\//, "");
  if (bare === "") fail("it is empty", 'Name an image, such as "redis:7".');
  if (/\s/.test(bare)) fail("it contains a space", 'Write it without spaces, such as "redis:7".');
  const [beforeDigest, digest] = splitDigest(bare, fail);
  const [name, tag] = splitTag(beforeDigest, fail);
  const [host, repository] = splitHost(name, fail);
  checkRepository(repository, fail);
  return { host, repository, tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

type Fail = (why: string, hint?: string) => never;

function splitDigest(text: string, fail: Fail): [string, string | undefined] {
  const at = text.indexOf("@");
  if (at < 0) return [text, undefined];
  const digest = text.slice(at + 1);
  const match = digestPattern.exec(digest);
  const [algorithm = "", hex = ""] = match?.slice(1) ?? [];
  if (match === null) fail(`"${digest}" is not a digest`, "A digest is sha256: and 64 hexadecimal digits.");
  const length = hexLengths[algorithm];
  if (length === undefined) fail(`the digest's algorithm "${algorithm}" is unknown`, "Use a sha256 digest.");
  if (hex.length !== length || hex !== hex.toLowerCase()) {
    fail(`the digest has ${hex.length} digits; ${algorithm} has ${length}, in lower case`);
  }
  return [text.slice(0, at), digest];
}

function splitTag(text: string, fail: Fail): [string, string | undefined] {
  const colon = text.indexOf(":", text.lastIndexOf("/") + 1);
  if (colon < 0) return [text, undefined];
  const tag = text.slice(colon + 1);
  if (tag === "") fail("the tag after the colon is empty", "Leave the colon out to mean latest.");
  if (tag.length > 128) fail(`the tag has ${tag.length} characters; 128 are allowed`);
  if (!tagPattern.test(tag)) {
    fail(`"${tag}" is not a tag`, "A tag has letters, digits, _, . and -, and does not begin with . or -.");
  }
  return [text.slice(0, colon), tag];
}

function splitHost(name: string, fail: Fail): [string, string] {
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  if (!isHost(first)) return [hub, slash < 0 ? `library/${name}` : name];
  if (!hostPattern.test(first)) {
    fail(
      `"${first}" is not a registry host`,
      'A host is a name and perhaps a port, such as "localhost:5000".',
    );
  }
  const repository = name.slice(slash + 1);
  if (first !== hub && first !== `index.${hub}`) return [first, repository];
  return [hub, repository.includes("/") ? repository : `library/${repository}`];
}

/** What comes before the first slash is a host when no repository could be called that. */
function isHost(first: string): boolean {
  return /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
}

function checkRepository(repository: string, fail: Fail): void {
  const shown = repository.replace(/^library\/(?=[^/]*$)/, "");
  if (shown === "") fail("the repository is missing", 'Name an image, such as "redis:7".');
  if (/[A-Z]/.test(repository)) {
    fail(`the repository "${shown}" has upper case letters`, `Write it as "${shown.toLowerCase()}".`);
  }
  if (repository.length > maxRepositoryLength) {
    fail(`the repository has ${repository.length} characters; ${maxRepositoryLength} are allowed`);
  }
  if (/^[0-9a-f]{64}$/.test(shown)) fail("64 hexadecimal digits are an image's id, not its name");
  const wrong = repository.split("/").find((component) => !componentPattern.test(component));
  if (wrong === undefined) return;
  const why = wrong === "" ? "has an empty part between slashes" : `has a part "${wrong}" that does not hold`;
  fail(
    `the repository "${shown}" ${why}`,
    "Each part has lower case letters and digits, with single ., _, __ or dashes between them.",
  );
}

/** `redis`, `localhost:5000/app`: the repository as people and the engine write it. */
export function toRepositoryName(reference: ImageReference): string {
  if (reference.host !== hub) return `${reference.host}/${reference.repository}`;
  return reference.repository.replace(/^library\/(?=[^/]*$)/, "");
}

/** The reference as the engine takes it: `redis:7`, `redis@sha256:...`; a tag beside a digest is left out. */
export function formatImageReference(reference: ImageReference): string {
  const { tag, digest } = reference;
  return `${toRepositoryName(reference)}${digest === undefined ? `:${tag}` : `@${digest}`}`;
}

/** Whether the same reference may mean another image tomorrow, so that the registry is asked at every start. */
export function isLatest(reference: ImageReference): boolean {
  return reference.digest === undefined && reference.tag === "latest";
}
