import { LongshoreError } from "../task/index.ts";
import type { RegistryAuth } from "./engine.ts";

/**
 * An error whose words show a login, which a registry or what stands in front of an engine may repeat, with
 * `<password>` in its place; its cause shows it too and is left out. Any other error stays as it is.
 */
export function hideLogin(error: unknown, auth: RegistryAuth, header: string): unknown {
  if (!(error instanceof LongshoreError)) return error;
  const message = withoutLogin(error.message, auth, header);
  if (message === error.message) return error;
  return new LongshoreError(error.kind, message, { hint: error.hint, retryable: error.retryable });
}

function withoutLogin(text: string, auth: RegistryAuth, header: string): string {
  const { username = "", password, identityToken, registryToken } = auth;
  const basic = password && Buffer.from(`${username}:${password}`).toString("base64");
  return [header, basic, password, identityToken, registryToken].reduce<string>(
    (shown, secret) => (secret ? shown.replaceAll(secret, () => "<password>") : shown),
    text,
  );
}
