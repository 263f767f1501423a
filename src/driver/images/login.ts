import type { RegistryAuth } from "../../engine/index.ts";

/** What a login is made of, wherever it was found. */
export interface Login {
  readonly username: string | undefined;
  readonly secret: string | undefined;
  readonly serverAddress: string | undefined;
}

/** A login as the engine takes it. The user `<token>` says that the secret is an identity token, as helpers have it. */
export function toRegistryAuth({ username, secret, serverAddress }: Login): RegistryAuth {
  if (username === "<token>") return { identityToken: secret, serverAddress };
  return { username, password: secret, serverAddress };
}
