import { homedir } from "node:os";
import { join } from "node:path";

/** What decides where data is kept. */
export interface DataDirChoice {
  /** `--data-dir` */
  readonly flag: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user; undefined where there are no numbers. */
  readonly uid: number | undefined;
}

/**
 * Where allocations and state are kept: the flag, `LONGSHORE_DATA_DIR`, `/var/lib/longshore` for root, else
 * `longshore` in `$XDG_STATE_HOME` or `~/.local/state`.
 */
export function toDataDir({ flag, env, uid }: DataDirChoice): string {
  const given = flag ?? env.LONGSHORE_DATA_DIR;
  if (given !== undefined && given !== "") return given;
  if (uid === 0) return "/var/lib/longshore";
  const state = env.XDG_STATE_HOME;
  // The XDG specification says to ignore a relative path.
  const home = state?.startsWith("/") ? state : join(env.HOME || homedir(), ".local", "state");
  return join(home, "longshore");
}
