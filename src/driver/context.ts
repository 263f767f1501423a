import type { Engine } from "../engine/index.ts";
import type { Logger, TaskConfig, TaskEventDetail, TaskOwner } from "../task/index.ts";
import type { Topology } from "./container/planning.ts";
import type { Dangling } from "./dangling.ts";
import type { ExecExits } from "./exec/exec-exits.ts";
import type { ImageUsers } from "./image-users.ts";
import type { Images } from "./images/index.ts";
import type { Leftovers } from "./leftovers.ts";
import type { OutputLimits } from "./logs/output-limits.ts";
import type { Networks } from "./networks/networks.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import type { DockerTask } from "./tasks/docker-task.ts";
import type { Census } from "./watch/census.ts";
import type { EngineWatch } from "./watch/engine-watch.ts";
import type { SecondLook } from "./watch/second-look.ts";

/** What all parts of one driver share. */
export interface DriverContext {
  readonly engine: Engine;
  readonly agent: AgentOptions;
  readonly images: Images;
  readonly imageUsers: ImageUsers;
  readonly watch: EngineWatch;
  readonly secondLook: SecondLook;
  readonly census: Census;
  readonly leftovers: Leftovers;
  readonly networks: Networks;
  readonly dangling: Dangling;
  readonly logger: Logger;
  readonly topology: Topology;
  /** Whose task it is, for the label of its container; empty where the host does not say. */
  readonly hostOf: (owner: TaskOwner) => string;
  readonly outputLimits: OutputLimits;
  /** Tasks by their container's id: where the engine's events find them. */
  readonly byContainer: Map<string, DockerTask>;
  /** Where the ends of commands in tasks are heard. */
  readonly execExits: ExecExits;
  /** What earlier drivers of the task's host have left is this driver's own from now on. */
  takeUp(task: TaskConfig): void;
  /** Tells the host; `message` is needed for notes only. */
  emit(task: DockerTask, detail: TaskEventDetail, message?: string): void;
}
