import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { commandTable } from "./command-table.ts";
import { toBash, toFish, toZsh } from "./completion.ts";

const hasShell = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

/** What bash offers for a line that ends at the cursor. */
function completeInBash(line: readonly string[]): readonly string[] {
  const words = line.map((word) => `'${word}'`).join(" ");
  const script = `${toBash(commandTable)}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _longshore; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

/** What fish offers for a line that ends at the cursor. */
function completeInFish(line: string): readonly string[] {
  const script = `${toFish(commandTable)}\ncomplete -C '${line}'`;
  const { stdout, stderr } = spawnSync("fish", ["--no-config", "-c", script], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout
    .trim()
    .split("\n")
    .map((offer) => offer.replace(/\t.*/, ""));
}

describe("completion", () => {
  it("offers commands, their flags, and words to choose from in bash", () => {
    expect(completeInBash(["longshore", "v"])).toEqual(["validate", "version"]);
    expect(completeInBash(["longshore", "run", "--data"])).toEqual(["--data-dir"]);
    expect(completeInBash(["longshore", "run", "-va"])).toEqual(["-var", "-var-file"]);
    expect(completeInBash(["longshore", "completion", ""])).toEqual(["bash", "zsh", "fish", "--help"]);
    expect(completeInBash(["longshore", "validate", "package.j"])).toEqual(["package.json"]);
  });

  it.skipIf(!hasShell("zsh"))("is right in the eyes of zsh", () => {
    const { status, stderr } = spawnSync("zsh", ["-n"], { input: toZsh(commandTable), encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it.skipIf(!hasShell("fish"))("offers commands and their flags in fish", () => {
    expect(completeInFish("longshore v")).toEqual(["validate", "version"]);
    expect(completeInFish("longshore run --data")).toEqual(["--data-dir"]);
    expect(completeInFish("longshore run -va")).toEqual(["-var", "-var-file"]);
    expect(completeInFish("longshore completion ")).toEqual(["bash", "fish", "zsh"]);
  });

  it("names every command and flag in each shell's script", () => {
    for (const script of [toBash, toZsh, toFish].map((toScript) => toScript(commandTable)))
      for (const command of commandTable) {
        expect(script).toContain(command.name);
        for (const flag of command.flags) expect(script).toContain(flag.name);
      }
  });
});
