/** A batch job of one group whose tasks run a script by the image's shell. */
export interface BenchJob {
  readonly id: string;
  readonly image: string;
  /** The name of the node that it runs on. */
  readonly node: string;
  readonly count: number;
  readonly script: string;
}

/** What the agent's HTTP API takes; nothing is tried again. */
export function toRegistration({ id, image, node, count, script }: BenchJob): unknown {
  const group = {
    Name: "group",
    Count: count,
    RestartPolicy: { Attempts: 0, Mode: "fail" },
    ReschedulePolicy: { Attempts: 0, Unlimited: false },
    Tasks: [toTask(image, script)],
  };
  const constraint = { LTarget: "${node.unique.name}", RTarget: node, Operand: "=" };
  return { Job: { ID: id, Name: id, Type: "batch", Constraints: [constraint], TaskGroups: [group] } };
}

function toTask(image: string, script: string) {
  return {
    Name: "app",
    Driver: "docker",
    KillTimeout: 1e9,
    Config: {
      image,
      command: "sh",
      args: ["-c", script],
      // The engine keeps what a task writes faster than anyone reads.
      logging: [{ type: "json-file", config: [{ "max-size": "1g" }] }],
    },
    Resources: { CPU: 10, MemoryMB: 16 },
    LogConfig: { MaxFiles: 10, MaxFileSizeMB: 20 },
  };
}

/** Waits until it is asked to end. */
export const sleepScript = "trap 'exit 0' TERM; sleep 100000 & wait";
