import type { CreateRequest } from "../../engine/engine-types.ts";
import type { Planning } from "./planning.ts";

const nanosecondsPerMs = 1_000_000;

/** The container's health check: none, the task's own, or (nothing said) the image's. */
export function planHealthcheck({ options }: Planning): Pick<CreateRequest, "Healthcheck"> {
  if (options.healthchecks.disable) return { Healthcheck: { Test: ["NONE"] } };
  const { test, interval, timeout, retries, start_period } = options.healthcheck;
  const check = {
    ...(test !== undefined && { Test: typeof test === "string" ? ["CMD-SHELL", test] : test }),
    ...(interval !== undefined && { Interval: interval * nanosecondsPerMs }),
    ...(timeout !== undefined && { Timeout: timeout * nanosecondsPerMs }),
    ...(retries !== undefined && { Retries: retries }),
    ...(start_period !== undefined && { StartPeriod: start_period * nanosecondsPerMs }),
  };
  return Object.keys(check).length === 0 ? {} : { Healthcheck: check };
}
