import { expect, it } from "vitest";

it("a test that fails, and then its cleaning too, is told with both errors, its own one as the cause", async () => {
  const own = new Error("the test's");
  const failing = async () => {
    await using _cleaned = { [Symbol.asyncDispose]: () => Promise.reject(new Error("the cleaning's")) };
    throw own;
  };
  const thrown = await failing().catch((error: unknown) => error);
  expect(thrown).toMatchObject({ message: expect.stringContaining("the cleaning's"), cause: own });
});
