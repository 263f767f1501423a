import type { Job } from "../jobfile/job.ts";
import type { NodeFacts, TaskRef } from "./agent.ts";
import type { AgentContext } from "./agent-options.ts";
import type { CoreAllocator } from "./cores.ts";
import type { EventQueue } from "./event-queue.ts";
import type { PortAllocator } from "./port-allocator.ts";

/** What the allocations of a job share. */
export interface JobScope {
  readonly context: AgentContext;
  readonly job: Job;
  readonly node: NodeFacts;
  readonly jobFolder: string;
  readonly ports: PortAllocator;
  readonly cores: CoreAllocator;
  readonly queue: EventQueue;
  /** Aborted when the agent lets go of the job. */
  readonly detach: AbortSignal;
  save(): Promise<void>;
  /** Called for each task that fails, in order. */
  onTaskFailed(task: TaskRef): void;
}
