/** The code of a thrown error (`ENOENT`), where it has one that is a word. */
export function errorCode(thrown: unknown): string | undefined {
  const hasCode = typeof thrown === "object" && thrown !== null && "code" in thrown;
  return hasCode && typeof thrown.code === "string" ? thrown.code : undefined;
}

/** What a thrown thing has to say. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A thrown thing as an error; one that is an error already stays as it is. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
