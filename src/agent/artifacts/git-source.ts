import { createFail, type Fail, refuseUnknown } from "./source-fault.ts";

/** A git repository to be cloned. */
export interface GitRepository {
  readonly url: string;
  /** Branch, tag or commit; the repository's own branch when undefined. */
  readonly ref: string | undefined;
  /** How many commits of the history; all when undefined. */
  readonly depth: number | undefined;
  /** The part of it that is wanted; empty for all. */
  readonly folder: string;
  /** A private key, in base64. */
  readonly sshKey: string | undefined;
}

const gitOptions: ReadonlySet<string> = new Set(["ref", "depth", "sshkey"]);

const hosts = /^(github\.com|gitlab\.com|bitbucket\.org)\/([^/]+)\/([^/?]+?)(?:\.git)?(?=[/?]|$)/;

/**
 * A source that names a git repository: `git::` and its address, `git@host:path`, or `github.com/owner/name` and the
 * like, with `//folder` behind it for a part. `ref`, `depth` and `sshkey` come from the options, or from the address's
 * query. Undefined for any other source; throws `invalid` for what names no repository.
 */
export function parseGitSource(
  source: string,
  options: Readonly<Record<string, string>>,
): GitRepository | undefined {
  const address = toAddress(source);
  if (address === undefined) return undefined;
  const fail = createFail(source);
  refuseUnknown(options, gitOptions, fail);
  const [place = "", queryText] = splitOnce(address, "?");
  const query = new URLSearchParams(queryText);
  const [url, folder] = splitFolder(place);
  const setting = (name: string): string | undefined => options[name] ?? query.get(name) ?? undefined;
  const ref = setting("ref");
  if (url === "" || url.startsWith("-") || ref?.startsWith("-")) throw fail("it names no repository of git");
  if (folder.split("/").includes("..")) throw fail(`"${folder}" leads out of the repository`);
  return { url, folder, ref, depth: toDepth(setting("depth"), fail), sshKey: setting("sshkey") };
}

function toAddress(source: string): string | undefined {
  if (source.startsWith("git::")) return toUrl(source.slice("git::".length));
  if (/^git@[\w.-]+:/.test(source)) return toUrl(source);
  return hosts.test(source) ? source.replace(hosts, "https://$1/$2/$3.git") : undefined;
}

/** `user@host:path` is how ssh itself writes it; as an address it may have options behind it. */
function toUrl(address: string): string {
  return address.replace(/^([\w.-]+@[\w.-]+):(?!\/\/)/, "ssh://$1/");
}

/** The folder stands behind the first `//` that does not belong to the scheme. */
function splitFolder(place: string): [url: string, folder: string] {
  const scheme = /^[a-z+]+:\/\//i.exec(place)?.[0] ?? "";
  const [path = "", folder = ""] = splitOnce(place.slice(scheme.length), "//");
  return [scheme + path, folder];
}

function splitOnce(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function toDepth(text: string | undefined, fail: Fail): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw fail(`depth "${text}" is no number of commits`, "Write a whole number from 1 on.");
}
