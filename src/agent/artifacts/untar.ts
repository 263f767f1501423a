import type { ReadEntry } from "tar";
import type { EntryBudget } from "./entry-budget.ts";

const plain: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile", "Directory", "GNUDumpDir"]);

export interface UntarOptions {
  readonly folder: string;
  readonly budget: EntryBudget;
}

/** Unpacks a tar file, gzipped or not. Rejects at the first entry that is refused; what came before stays. */
export async function untar(archive: string, { folder, budget }: UntarOptions): Promise<void> {
  const { extract } = await import("tar");
  let refused: unknown;
  const filter = (path: string, entry: { readonly type?: string }): boolean => {
    if (refused !== undefined) return false;
    try {
      checkEntry(path, entry as ReadEntry, budget);
      return true;
    } catch (error) {
      refused = error;
      return false;
    }
  };
  await extract({
    file: archive,
    cwd: folder,
    strict: true,
    preserveOwner: false,
    filter: (path, entry) => filter(path, entry as ReadEntry),
  });
  if (refused !== undefined) throw refused;
}

function checkEntry(path: string, entry: ReadEntry, budget: EntryBudget): void {
  budget.addEntry(path);
  budget.addBytes(entry.size);
  budget.checkName(path);
  if (plain.has(entry.type)) return;
  const target = entry.linkpath ?? "";
  if (entry.type === "SymbolicLink") budget.checkLink(path, target);
  // A hard link names another entry from the archive's root.
  else if (entry.type === "Link") budget.checkName(target);
  else throw budget.refuse(`entry "${path}" is a ${entry.type}, neither file, folder nor link`);
}
