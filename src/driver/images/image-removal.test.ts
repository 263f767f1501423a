import { expect, it } from "vitest";
import { canBeHadAgain } from "./image-removal.ts";

const id = `sha256:${"1".repeat(64)}`;
const manifest = `sha256:${"2".repeat(64)}`;

it.each([
  ["was pulled from its registry", "app", [`app@${manifest}`], true],
  ["was built here", "app", [], false],
  ["was built here, as older engines say it", "app", null, false],
  ["was pushed under another name only", "app", [`other/app@${manifest}`], false],
  ["has a name that only begins alike", "app", [`app2@${manifest}`], false],
  ["was built here and is kept in containerd", "app", [`app@${id}`], false],
])("an image that %s can be had again or not", (_what, repository, RepoDigests, again) => {
  const image = { Id: id, RepoDigests };
  expect(canBeHadAgain(image, { repository, isFetched: () => false })).toBe(again);
  expect(canBeHadAgain(image, { repository, isFetched: (of) => of === id })).toBe(true);
});
