import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/setup.mjs";
import { repository } from "../../scripts/tools.mjs";

const run = promisify(execFile);

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

describe("the packed package", () => {
  let folder = "";
  let packed: Packed = { filename: "", size: 0, files: [] };

  /** Runs a program in the folder where the package is installed. */
  const inFolder = async (program: string, ...args: string[]) =>
    (await run(program, args, { cwd: folder })).stdout;

  const readTarball = async () => new Uint8Array(await readFile(join(folder, packed.filename)));

  beforeAll(async () => {
    await ensureBuilt();
    folder = await mkdtemp(join(tmpdir(), "longshore-package-"));
    const { stdout } = await run("npm", ["pack", "--json", `--pack-destination=${folder}`], {
      cwd: repository,
    });
    packed = (JSON.parse(stdout) as Packed[])[0] ?? packed;
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await inFolder("npm", "install", "--offline", "--no-audit", "--no-fund", `./${packed.filename}`);
  }, 120_000);

  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  it("holds nothing but what is needed", () => {
    const needed = [
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE)$/,
      /^dist\/(main|command-line|run-plugin)\.cjs$/,
      /^dist\/(longshore|index|[\w.-]+-[A-Z0-9]{8}|wasm_exec)\.js$/,
      /^dist\/((hcl|text)\.(wasm|memory)|docker|THIRD-PARTY-LICENSES\.txt)$/,
      /^dist\/types\/.*\.d\.ts$/,
      /^docs\/(api|bad-days|configuration|events|library|nomad|options)\.md$/,
      /^(docs\/events\.schema\.json|examples\/.*\.(hcl|ts))$/,
    ];
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !needed.some((pattern) => pattern.test(path)))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "dist/docker",
        "dist/hcl.memory",
        "dist/hcl.wasm",
        "dist/text.memory",
        "dist/text.wasm",
        "dist/index.js",
        "dist/longshore.js",
      ]),
    );
  });

  it("has what its README and its documents link to, but for what is said to be in the repository", async () => {
    const paths = packed.files.map(({ path }) => path);
    for (const page of paths.filter((path) => path.endsWith(".md"))) {
      const text = await readFile(join(folder, "node_modules", "longshore", page), "utf8");
      const [own = ""] = text.split("In the repository:");
      for (const [, link = ""] of own.matchAll(/\]\((?!https?:|#|\.\.\/test\/)([^)#]+)/g)) {
        const linked = join(dirname(page), link);
        expect
          .soft(
            paths.some((path) => path === linked || path.startsWith(`${linked}/`)),
            `${page} -> ${linked}`,
          )
          .toBe(true);
      }
    }
  });

  it("installs without a network, as it has no dependencies", async () => {
    const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as {
      packages: Record<string, unknown>;
    };
    expect(Object.keys(lock.packages)).toEqual(["", "node_modules/longshore"]);
  });

  it("has the command", async () => {
    const manifest = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
      version: string;
    };
    expect(await inFolder("npx", "--no-install", "longshore", "version")).toBe(`${manifest.version}\n`);
  });

  it("reads a job file with the WebAssembly it carries", async () => {
    const example = join(repository, "examples", "hello.nomad.hcl");
    const command = join(folder, "node_modules", ".bin", "longshore");
    await expect(inFolder(command, "validate", example)).resolves.toBeDefined();
    await writeFile(join(folder, "bad.nomad.hcl"), 'job "x" {\n  group "g" {\n    taks "t" {}\n  }\n}\n');
    const refused = inFolder(command, "validate", "bad.nomad.hcl");
    await expect(refused).rejects.toMatchObject({ code: 2 });
  });

  it("is imported as a library", async () => {
    const script =
      'import * as longshore from "longshore"; console.log(Object.keys(longshore).sort().join(" "));';
    const names = (await inFolder(process.execPath, "--input-type=module", "--eval", script))
      .trim()
      .split(" ");
    expect(names).toContain("LongshoreError");
  });

  it("is packaged as publint would have it", async () => {
    const tarball = await readTarball();
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types that are right wherever it can be imported", async () => {
    const result = await checkPackage(createPackageFromTarballData(await readTarball()));
    // It is made of ES modules only: require() is not for it.
    const known = { kind: "CJSResolvesToESM", entrypoint: ".", resolutionKind: "node16-cjs" };
    expect(result).toMatchObject({ types: { kind: "included" }, problems: [known] });
  });

  it("has types that a strict compiler takes, and none that it does not read", async () => {
    const consumer = `
import { isLongshoreError, type TaskConfig, type TaskDriver } from "longshore";
export async function start(driver: TaskDriver, task: TaskConfig): Promise<string> {
  try {
    return (await driver.startTask(task)).handle.driverState.containerId;
  } catch (error) {
    if (isLongshoreError(error, "invalid")) return error.message;
    throw error;
  }
}
`;
    await writeFile(join(folder, "consumer.ts"), consumer);
    const options = ["--strict", "--noEmit", "--listFiles", "--target", "es2023", "--module", "nodenext"];
    const lib = ["--lib", "es2023,esnext.disposable"];
    const types = ["--typeRoots", join(repository, "node_modules", "@types"), "--types", "node"];
    const compiler = join(repository, "node_modules", "typescript", "bin", "tsc");
    const read = await inFolder(process.execPath, compiler, ...options, ...lib, ...types, "consumer.ts");
    const declarations = read.split("\n").flatMap((file) => file.split("/node_modules/longshore/")[1] ?? []);
    const carried = packed.files.map(({ path }) => path).filter((path) => path.startsWith("dist/types/"));
    expect(carried.sort()).toEqual(declarations.sort());
  });
});
