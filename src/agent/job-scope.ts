import type { Job } from "../jobfile/job.ts";
import type { NodeFacts, TaskRef } from "./agent.ts";
import type { AgentContext } from "./agent-options.ts";
import type { CoreAllocator } from "./cores.ts";
import type { EventQueue } from "./event-queue.ts";
import type { KillPatience } from "./kill-patience.ts";
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
  /** For the engine, once the job is to be killed. */
  readonly patience: KillPatience;
  /** Resolves when the state is on disk; what comes next may not be done without. */
  save(): Promise<void>;
  /** Saves what has happened already: a failure is logged, and a state that is a step behind leads to the same. */
  note(): Promise<void>;
  /** Called for each task that fails, in order. */
  onTaskFailed(task: TaskRef): void;
}
