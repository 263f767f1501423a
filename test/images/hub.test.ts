import { expect, it } from "vitest";
import { createImages, type ImageRemovalEvent } from "../../src/driver/images/index.ts";
import { createEngine } from "../../src/engine/index.ts";
import { silentLogger } from "../../src/task/index.ts";
import { bed, pushImage, startPrivateEngine } from "../bed/index.ts";
import { bare } from "./set-up.ts";

it("an image of Docker Hub goes by its short name from the pull to its removal", async () => {
  const mirror = `http://${bed().registryHost}`;
  await using daemon = await startPrivateEngine({ registryMirrors: [mirror] });
  await using engine = createEngine({ endpoint: daemon.endpoint });
  const removals: ImageRemovalEvent[] = [];
  const onRemoval = (event: ImageRemovalEvent) => void removals.push(event);
  await using images = createImages({ engine, logger: silentLogger, onRemoval });
  const name = `hub-${crypto.randomUUID().slice(0, 8)}`;
  await pushImage({ registry: bed().registryHost, name: `library/${name}`, tag: "latest" }, bare);
  await pushImage({ registry: bed().registryHost, name: `someone/${name}`, tag: "1" }, bare);
  const official = await images.acquire({ reference: `https://docker.io/library/${name}` });
  const other = await images.acquire({ reference: `someone/${name}:1` });
  expect([official.reference, official.image.RepoTags]).toEqual([`${name}:latest`, [`${name}:latest`]]);
  expect([other.reference, other.image.RepoTags]).toEqual([`someone/${name}:1`, [`someone/${name}:1`]]);
  official.release();
  other.release();
  await images.flush();
  expect(removals.map(({ type, image }) => `${type} ${image}`).sort()).toEqual([
    `image-removed ${name}:latest`,
    `image-removed someone/${name}:1`,
  ]);
});
