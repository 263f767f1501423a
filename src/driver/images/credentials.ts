/** The task's `auth` block. */
export interface TaskAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly email?: string | undefined;
  readonly serverAddress?: string | undefined;
}
