import { LongshoreError } from "../task/index.ts";

/** A command line that was not understood. */
export class UsageError extends LongshoreError {
  override readonly name: string = "UsageError";

  constructor(message: string, hint: string) {
    super("invalid", message, { hint });
  }
}
