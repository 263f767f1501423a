import { execFile } from "node:child_process";
import { readFile, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { TarEntry } from "../../scripts/tar.mjs";
import { findTool, toolsFolder } from "../../scripts/tools.mjs";
import type { ImageContent } from "./images.ts";

const run = promisify(execFile);

/** A program of this machine with the libraries that it loads, for an image: `/usr/bin/<name>` and `/lib`. */
export async function programEntries(name: string): Promise<readonly TarEntry[]> {
  const path = await findTool(name);
  if (path === undefined)
    throw new Error(`${name} is not on this machine; \`npm test\` gets what the tests need`);
  const libraries = await librariesOf(path);
  return [
    { path: "lib", type: "folder", mode: 0o755 },
    { path: "lib64", type: "folder", mode: 0o755 },
    await toEntry(path, `usr/bin/${name}`),
    ...(await Promise.all(libraries.map(async (each) => await toEntry(each, toLibraryPath(each))))),
  ];
}

/** Content of an image like Docker Hub's `redis`, from Debian's redis-server. */
export async function redisContent(): Promise<ImageContent> {
  const command = ["redis-server", "--protected-mode", "no", "--save", ""];
  return { files: await programEntries("redis-server"), command };
}

/**
 * Content of an image whose command is an echo server for TCP and UDP both on port 7: `["echo-server", "7"]`. Each line over TCP
 * and each datagram over UDP comes back with `tcp ` or `udp ` before it.
 */
export async function echoContent(): Promise<ImageContent> {
  const script: TarEntry = {
    path: "bin/echo-server",
    type: "file",
    mode: 0o755,
    data: Buffer.from(echoServer),
  };
  return { files: [...(await programEntries("perl")), script], command: ["echo-server", "7"] };
}

// Only what Perl has built in: the image has no modules. 2: AF_INET; 1, 2: SOCK_STREAM, SOCK_DGRAM.
const echoServer = `#!/usr/bin/perl
my $at = pack("S n a4 x8", 2, $ARGV[0], "\\0\\0\\0\\0");
socket(UDP, 2, 2, 17) and bind(UDP, $at) or die "udp: $!";
socket(TCP, 2, 1, 6) and setsockopt(TCP, 1, 2, 1) and bind(TCP, $at) and listen(TCP, 16) or die "tcp: $!";
$SIG{TERM} = sub { exit 0 };
$SIG{CHLD} = "IGNORE";
if (fork() == 0) {
  while (1) { my $from = recv(UDP, my $data, 65535, 0); send(UDP, "udp $data", 0, $from) if defined $from }
}
while (accept(PEER, TCP)) {
  if (fork() == 0) {
    select(PEER); $| = 1;
    while (<PEER>) { print PEER "tcp $_" }
    exit 0;
  }
  close(PEER);
}
`;

async function librariesOf(program: string): Promise<readonly string[]> {
  const own = ["usr/lib", "lib"].flatMap((folder) => [
    join(toolsFolder, folder),
    join(toolsFolder, folder, `${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`),
  ]);
  const { stdout } = await run("ldd", [program], { env: { ...process.env, LD_LIBRARY_PATH: own.join(":") } });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? "");
}

/** The loader has a fixed place; the rest is found in `/lib`. */
function toLibraryPath(path: string): string {
  const isLoader = basename(path).startsWith("ld-linux");
  return isLoader ? path.slice(1) : `lib/${basename(path)}`;
}

async function toEntry(from: string, path: string): Promise<TarEntry> {
  return { path, type: "file", mode: 0o755, data: await readFile(await realpath(from)) };
}
