import type { ImageEvent, ImageRemovalEvent, Images, ImagesOptions } from "../../src/driver/images/index.ts";
import { createImages } from "../../src/driver/images/index.ts";
import { createEngine, type Engine, type EngineOptions } from "../../src/engine/index.ts";
import { silentLogger } from "../../src/task/index.ts";
import {
  bed,
  type ImageContent,
  pushImage,
  type RegistryFront,
  removeImage,
  startRegistryFront,
} from "../bed/index.ts";

export interface ImagesBed extends AsyncDisposable {
  readonly engine: Engine;
  readonly images: Images;
  /** The registry that the images come from, and where things can go wrong. */
  readonly front: RegistryFront;
  readonly removals: ImageRemovalEvent[];
  /** Makes an image that only the registry has, {@link bare} by default. Answers its reference, removed in the end. */
  push(tag?: string, content?: ImageContent, name?: string): Promise<string>;
  /** Whether the engine has it. */
  has(reference: string): Promise<boolean>;
}

/** Content of an image that nothing is run from. */
export const bare: ImageContent = { bare: true };

/** Images of the bed's engine, with a registry of its own name. */
export async function openImages(
  options: Partial<ImagesOptions> = {},
  engineOptions: Partial<EngineOptions> = {},
): Promise<ImagesBed> {
  const { registryHost, socket } = bed();
  const front = await startRegistryFront({ upstream: registryHost });
  const engine = createEngine({ endpoint: `unix://${socket}`, ...engineOptions });
  const removals: ImageRemovalEvent[] = [];
  const onRemoval = (event: ImageRemovalEvent) => void removals.push(event);
  const images = createImages({ engine, logger: silentLogger, imageDelayMs: 0, onRemoval, ...options });
  const name = `images-${crypto.randomUUID().slice(0, 8)}`;
  const made = new Set<string>();
  return {
    engine,
    images,
    front,
    removals,
    async push(tag = "1", content = bare, of = name) {
      await pushImage({ registry: registryHost, name: of, tag }, content);
      const reference = `${front.host}/${of}:${tag}`;
      made.add(reference);
      return reference;
    },
    has: (reference) => hasImage(engine, reference),
    async [Symbol.asyncDispose]() {
      await images[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
      for (const reference of made) await removeImage(socket, reference);
    },
  };
}

export async function hasImage(engine: Engine, reference: string): Promise<boolean> {
  return engine.inspectImage(reference).then(
    () => true,
    () => false,
  );
}

/** Which events came, without repetition of neighbours. */
export function toTypes(events: readonly ImageEvent[]): string[] {
  return events.map(({ type }) => type).filter((type, n, all) => type !== all[n - 1]);
}
