import { describe, expect, it } from "vitest";
import { GoProgram } from "./go-program.ts";

const program = new GoProgram("hcl");

/** A new instance's way of being called. */
async function start(): Promise<(operation: string, request: string) => unknown> {
  const { scope } = await program.start();
  const call = scope.longshoreHcl as (operation: string, request: string) => string;
  return (operation, request) => JSON.parse(call(operation, request));
}

function toRequest(text: string): string {
  return JSON.stringify({ name: "x", text, schema: "any", baseDir: "/", plain: true });
}

const schema = "any 0\na string\t\t\t";

describe("instances of a kept program", () => {
  it("have nothing of each other", async () => {
    const [one, other] = [await start(), await start()];
    expect(one("define", schema)).toEqual({ ok: true });
    expect(one("parse", toRequest('a = "b"'))).toMatchObject({ ok: { faults: [] } });
    expect(other("parse", toRequest('a = "b"'))).toEqual({ failure: 'no schema "any"' });
  });

  it("have random values of their own, although their beginning is the same", async () => {
    const ids = new Set<unknown>();
    for (let count = 0; count < 3; count++) {
      const call = await start();
      call("define", schema);
      for (let reading = 0; reading < 2; reading++)
        ids.add(JSON.stringify(call("parse", toRequest("a = uuidv4()"))));
    }
    expect(ids.size).toBe(6);
  });
});
