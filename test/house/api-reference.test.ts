import { expect, it } from "vitest";
import { readApiReference, toApiReference } from "../../scripts/api-reference.mjs";

it("the API reference is what the docstrings say, and every export has one; `npm run docs:api` renews it", async () => {
  const { text, undocumented } = await toApiReference();
  expect(undocumented).toEqual([]);
  expect(await readApiReference()).toBe(text);
}, 60_000);
