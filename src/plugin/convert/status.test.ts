import { Metadata, ServerError, Status } from "nice-grpc";
import { describe, expect, it } from "vitest";
import { LongshoreError } from "../../task/index.ts";
import { Status as RpcStatus } from "../proto/generated/grpc/status.ts";
import { RecoverableError } from "../proto/generated/nomad/recoverable-error.ts";
import { toRecoverableError, toServerError } from "./status.ts";

describe("toServerError", () => {
  it("tells what failed and what to try", () => {
    const error = new LongshoreError("invalid", "no such image", { hint: "Name another one." });
    expect(toServerError(error)).toMatchObject({
      code: Status.INVALID_ARGUMENT,
      details: "no such image. Name another one.",
    });
  });

  it("never says that the plugin is gone when the engine is", () => {
    expect(toServerError(new LongshoreError("unavailable", "no engine")).code).toBe(Status.INTERNAL);
    expect(toServerError("thrown").code).toBe(Status.INTERNAL);
  });

  it("tells any text in a form that can be sent, and not without end", () => {
    const named = toServerError(new ServerError(Status.NOT_FOUND, "x".repeat(100_000)));
    expect([named.code, named.details.length]).toEqual([Status.NOT_FOUND, 4001]);
    const spoilt = toServerError(
      new LongshoreError("invalid", `half a \ud83d letter ${"x".repeat(100_000)}`),
    );
    expect(() => encodeURI(spoilt.details)).not.toThrow();
    expect(spoilt.details).toMatch(/^half a \ufffd letter x+…$/);
    expect(spoilt.details.length).toBeLessThan(5000);
    const cutInTwo = toServerError(new LongshoreError("invalid", `${"x".repeat(3999)}😀😀`));
    expect(() => encodeURI(cutInTwo.details)).not.toThrow();
  });
});

describe("toRecoverableError", () => {
  it.each([
    ["unavailable", true],
    ["invalid", false],
  ] as const)("of kind %s lets the agent's restart policy try again: %s", (kind, recoverable) => {
    const metadata = new Metadata();
    const error = toRecoverableError(new LongshoreError(kind, "why"), metadata);
    expect(error).toMatchObject({ code: Status.FAILED_PRECONDITION, details: "why" });
    const bytes = metadata.get("grpc-status-details-bin") ?? new Uint8Array();
    const { code, message, details } = RpcStatus.decode(bytes);
    expect([code, message]).toEqual([Status.FAILED_PRECONDITION, "why"]);
    const [detail] = details;
    expect(RecoverableError.decode(detail?.value ?? new Uint8Array())).toEqual({ recoverable });
  });
});
