import { LongshoreError } from "../task/index.ts";

/** What of a task no message may show. */
export interface TaskSecrets {
  readonly env: Readonly<Record<string, string>>;
  readonly password?: string | undefined;
}

/** Shorter values are words like `true` or a port, and are in texts for other reasons. */
const shortestSecret = 8;

/**
 * The text with the values of the task's environment replaced by their names, `${NAME}`, and the registry password by
 * `<password>`. What Nomad itself sets is no secret, but for its token.
 */
export function withoutSecrets(text: string, { env, password }: TaskSecrets): string {
  const own = Object.entries(env)
    .filter(
      ([name, value]) => value.length >= shortestSecret && (!/^NOMAD_/.test(name) || name === "NOMAD_TOKEN"),
    )
    // Of two of which one is in the other, the longer is replaced first.
    .sort(([, a], [, b]) => b.length - a.length);
  const named = own.reduce((shown, [name, value]) => shown.replaceAll(value, () => `\${${name}}`), text);
  return password ? named.replaceAll(password, "<password>") : named;
}

/** An error whose words show a secret, without it and without the cause that shows it too; any other as it is. */
export function toSafeError(error: unknown, secrets: TaskSecrets): unknown {
  if (!(error instanceof LongshoreError)) return error;
  const message = withoutSecrets(error.message, secrets);
  if (message === error.message) return error;
  return new LongshoreError(error.kind, message, { hint: error.hint, retryable: error.retryable });
}
