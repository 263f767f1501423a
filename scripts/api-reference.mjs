// @ts-check
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Node, Project } from "ts-morph";
import { runMain, SetupError } from "./say.mjs";
import { repository } from "./tools.mjs";

/** @typedef {import("ts-morph").ExportedDeclarations} Declaration */

const file = join(repository, "docs", "api.md");
const header = `# API reference

What \`import ... from "longshore"\` gives, from the docstrings of the sources by \`npm run docs:api\`. For a way in, see
[the library](library.md). Sizes, times and the like have their unit in their name (\`timeoutMs\`, \`memoryMb\`,
\`timeNs\`). What fails throws, or rejects with, a \`LongshoreError\` whose \`kind\` says what went wrong.
`;

/** Kinds of exports, in the order of the page. */
const sections = /** @type {const} */ (["Classes", "Functions", "Types", "Values"]);

/** The page, and the exports that say nothing about themselves. */
export async function toApiReference() {
  const project = new Project({
    tsConfigFilePath: join(repository, "tsconfig.json"),
    skipAddingFilesFromTsConfig: true,
  });
  const index = project.addSourceFileAtPath(join(repository, "src", "index.ts"));
  project.resolveSourceFileDependencies();
  const exports = [...index.getExportedDeclarations()].flatMap(([name, [declaration]]) =>
    declaration === undefined ? [] : [{ name, declaration, doc: docOf(declaration) }],
  );
  exports.sort((one, other) => (one.name < other.name ? -1 : 1));
  const lines = [header];
  for (const section of sections) {
    const own = exports.filter(({ declaration }) => sectionOf(declaration) === section);
    if (own.length === 0) continue;
    lines.push(`## ${section}`, "");
    for (const { name, declaration, doc } of own) {
      lines.push(`### ${name}`, "", doc, "", "```ts", textOf(name, declaration), "```", "");
    }
  }
  const undocumented = exports.filter(({ doc }) => doc === "").map(({ name }) => name);
  return { text: lines.join("\n"), undocumented };
}

/**
 * @param {Declaration} declaration
 * @returns {typeof sections[number]}
 */
function sectionOf(declaration) {
  if (Node.isClassDeclaration(declaration)) return "Classes";
  if (Node.isFunctionDeclaration(declaration)) return "Functions";
  return Node.isVariableDeclaration(declaration) ? "Values" : "Types";
}

/** @param {Declaration} declaration */
function docOf(declaration) {
  const owner = Node.isVariableDeclaration(declaration) ? declaration.getVariableStatement() : declaration;
  const docs = Node.isJSDocable(owner) ? owner.getJsDocs() : [];
  const text = docs.map((doc) => doc.getCommentText() ?? "").join("\n\n");
  return text
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .trim();
}

/**
 * The declaration as a reader of the types sees it: members with their comments, and no bodies.
 * @param {string} name by which it is exported
 * @param {Declaration} declaration
 */
function textOf(name, declaration) {
  if (Node.isClassDeclaration(declaration)) return toClassText(declaration);
  if (Node.isFunctionDeclaration(declaration)) return toSignature(declaration);
  if (Node.isVariableDeclaration(declaration)) {
    return `const ${name}: ${declaration.getTypeNode()?.getText() ?? "unknown"};`;
  }
  return declaration.getText().replace(/^export (interface|type) \w+/, `$1 ${name}`);
}

/** @param {import("ts-morph").ClassDeclaration} declaration */
function toClassText(declaration) {
  const members = declaration.getMembers().filter(isPublic).map(toMemberText);
  const heritage = declaration.getHeritageClauses().map((clause) => ` ${clause.getText()}`);
  return [`class ${declaration.getName()}${heritage.join("")} {`, ...members, "}"].join("\n");
}

/** @param {import("ts-morph").ClassMemberTypes} member */
function isPublic(member) {
  if (Node.isClassStaticBlockDeclaration(member)) return false;
  return Node.isConstructorDeclaration(member) || !member.getName().startsWith("#");
}

/** @param {import("ts-morph").ClassMemberTypes} member */
function toMemberText(member) {
  const docs = Node.isJSDocable(member) ? member.getJsDocs().map((doc) => `  ${doc.getText()}`) : [];
  const text = Node.isPropertyDeclaration(member)
    ? `${member.isReadonly() ? "readonly " : ""}${member.getName()}: ${member.getTypeNode()?.getText()};`
    : toSignature(member);
  return [...docs, `  ${text}`].join("\n");
}

/**
 * What stands before a function's body.
 * @param {import("ts-morph").Node} node
 */
function toSignature(node) {
  const start = node.getStart();
  const body = Node.isBodyable(node) || Node.isFunctionDeclaration(node) ? node.getBody() : undefined;
  const text = node.getText().slice(0, (body?.getStart() ?? node.getEnd()) - start);
  return `${text.trim().replace(/^(export )?(async )?/, "")};`;
}

async function main() {
  const { text, undocumented } = await toApiReference();
  if (undocumented.length > 0) {
    throw new SetupError(`these exports say nothing about themselves: ${undocumented.join(", ")}`);
  }
  await writeFile(file, text);
}

/** The page as it is kept. */
export async function readApiReference() {
  return await readFile(file, "utf8");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(main);
