// @ts-check
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The licences of what `dist/` holds of others: npm packages, and those beside the WebAssembly. They ask to be shown
 * with every copy.
 * @param {string} repository
 * @param {readonly string[]} files what went into the bundle, relative to the repository
 */
export async function toLicenseText(repository, files) {
  const folders = new Set(
    files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  const texts = await Promise.all([...folders].sort().map((folder) => licenseOf(join(repository, folder))));
  const hcl = join(repository, "src", "jobfile", "hcl");
  for (const file of (await readdir(hcl)).sort()) {
    if (/LICEN[CS]E/.test(file))
      texts.push(`${file}\n\n${(await readFile(join(hcl, file), "utf8")).trim()}\n`);
  }
  const intro = "This package holds code of others, under these licences.\n";
  return [intro, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}

/** @param {string} folder of a package */
async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) return `${name} ${version}: ${license}\n`;
  return `${name} ${version}\n\n${(await readFile(join(folder, file), "utf8")).trim()}\n`;
}
