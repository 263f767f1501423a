import type { Engine } from "../engine/index.ts";
import type { Logger, TaskConfig, TaskEventDetail } from "../task/index.ts";
import { measureTopology, toContainerName } from "./container/plan-container.ts";
import type { DriverContext } from "./context.ts";
import { Dangling, type DanglingContainer } from "./dangling.ts";
import type { DockerDriverOptions } from "./docker-driver-options.ts";
import { ExecExits } from "./exec/exec-exits.ts";
import type { Health } from "./health.ts";
import { ImageUsers } from "./image-users.ts";
import { createImages, ImageNotes, type Images } from "./images/index.ts";
import { Leftovers } from "./leftovers.ts";
import { defaultOutputLimits } from "./logs/output-limits.ts";
import { toNetworkName } from "./networks/network-container.ts";
import { Networks } from "./networks/networks.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import type { TaskEvents } from "./task-events.ts";
import type { DockerTask } from "./tasks/docker-task.ts";
import { endTask } from "./tasks/end-task.ts";
import { hearEngine } from "./tasks/hear-engine.ts";
import { hearEvent } from "./tasks/hear-event.ts";
import { settleTask } from "./tasks/settle.ts";
import type { TaskTable } from "./tasks/task-table.ts";
import { Census } from "./watch/census.ts";
import { EngineWatch } from "./watch/engine-watch.ts";
import { SecondLook } from "./watch/second-look.ts";

const secondLookMs = 60_000;

/** What a driver has before its parts know each other. */
export interface ContextParts {
  readonly options: DockerDriverOptions;
  readonly engine: Engine;
  readonly agent: AgentOptions;
  readonly logger: Logger;
  readonly tasks: TaskTable;
  readonly events: TaskEvents;
  readonly health: Health;
}

/** What all parts of one driver share, wired to each other. Asks the engine nothing yet. */
export function createContext(parts: ContextParts): DriverContext {
  const { options, engine, agent, logger, tasks, events, health } = parts;
  const leftovers = new Leftovers(engine, logger);
  const imageUsers = new ImageUsers(events, agent.gc.image);
  const shared = {
    engine,
    agent,
    logger,
    topology: options.topology ?? measureTopology(),
    hostOf: options.hostOf ?? (() => ""),
    outputLimits: { ...defaultOutputLimits, ...options.outputLimits },
    byContainer: tasks.byContainer,
    execExits: new ExecExits(),
    images: openImages(parts, imageUsers),
    imageUsers,
    leftovers,
    dangling: new Dangling({
      engine,
      logger,
      leftovers,
      agent,
      engineState: () => context.watch.state,
      isTracked: (container) => isTracked(context, tasks, container),
    }),
    watch: new EngineWatch({
      engine,
      logger,
      info: options.engineInfo,
      onEvent: (event) => {
        context.census.hear(event);
        hearEvent(context, event);
      },
      onState: (state) => {
        const change = health.update(state);
        if (change !== undefined) hearEngine(context, tasks, change);
      },
    }),
    secondLook: new SecondLook({
      engine,
      logger,
      everyMs: options.secondLookMs ?? secondLookMs,
      engineState: () => context.watch.state,
      running: () => tasks.live().map(({ containerId }) => containerId),
      onEnded: (id) => lookAgain(context, id),
    }),
    census: new Census({ engine, logger, openings: () => context.watch.openings }),
    takeUp: (task: TaskConfig) => takeUp(context, options, task),
    emit: (task: DockerTask, detail: TaskEventDetail, message?: string) => events.tell(task, detail, message),
  } satisfies Omit<DriverContext, "networks">;
  const onLost = (task: DockerTask, reason: string) => endTask(context, task, reason);
  const context: DriverContext = { ...shared, networks: new Networks({ context: shared, onLost }) };
  return context;
}

function openImages({ engine, agent, logger }: ContextParts, imageUsers: ImageUsers): Images {
  return createImages({
    engine,
    logger,
    auth: agent.auth,
    cleanup: agent.gc.image,
    imageDelayMs: agent.gc.image_delay,
    onRemoval: (event) => imageUsers.hear(event),
  });
}

function takeUp(context: DriverContext, { imageNotesDir }: DockerDriverOptions, task: TaskConfig): void {
  context.dangling.own(context.hostOf(task));
  const folder = typeof imageNotesDir === "function" ? imageNotesDir(task) : imageNotesDir;
  if (folder !== undefined) context.images.remember(new ImageNotes(folder, context.logger));
}

function lookAgain(context: DriverContext, containerId: string): void {
  const task = context.byContainer.get(containerId);
  if (task !== undefined) void settleTask(context, task);
}

/** A container is known by its id, or by its name alone while its start is under way. */
function isTracked(
  { byContainer, networks }: DriverContext,
  tasks: TaskTable,
  { id, name, allocId }: DanglingContainer,
): boolean {
  if (byContainer.has(id)) return true;
  const configs = tasks.all().map(({ config }) => config);
  if (name === toNetworkName(allocId)) return networks.isNeeded(allocId, configs);
  return configs.some((config) => toContainerName(config) === name);
}
