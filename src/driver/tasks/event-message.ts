import type { PullProgress, TaskEventDetail } from "../../task/index.ts";

/** A sentence for people about an event; notes bring their own. */
export function toEventMessage(detail: Exclude<TaskEventDetail, { readonly type: "note" }>): string {
  switch (detail.type) {
    case "pull-started":
      return `Pulling image ${detail.image}`;
    case "pull-progress":
      return toProgressMessage(detail.progress);
    case "pull-finished":
      return toPulledMessage(detail);
    case "created":
      return `Created container ${detail.containerId.slice(0, 12)}`;
    case "started":
      return detail.addresses.length === 0
        ? "Started"
        : `Started, reachable at ${detail.addresses.join(", ")}`;
    case "stopping":
      return `Stopping: sent ${detail.killSignal}, and kills it if it still runs in ${toSeconds(detail.graceMs)} s`;
    case "killed":
      return "Killed, since it still ran";
    case "exited":
      return detail.exit.error ?? "Exited with code 0";
    case "oom":
      return "A process was killed: out of memory";
    case "health":
      return detail.output === ""
        ? `Health: ${detail.status}`
        : `Health: ${detail.status} (${detail.output})`;
    case "removed":
      return `Removed container ${detail.containerId.slice(0, 12)}`;
    case "image-removed":
      return `Removed image ${detail.image}`;
    case "engine-lost":
      return "Lost the connection to Docker; the task may still be running";
    case "engine-back":
      return "Docker is back";
  }
}

function toProgressMessage(progress: PullProgress): string {
  const done = `${toMegabytes(progress.receivedBytes)} of ${toMegabytes(progress.totalBytes)} MB`;
  const left = progress.secondsLeft === undefined ? "" : `, ${Math.ceil(progress.secondsLeft)} s left`;
  return `Pulling image ${progress.image}: ${done}${left}`;
}

function toPulledMessage(pulled: Extract<TaskEventDetail, { readonly type: "pull-finished" }>): string {
  const { image, sizeBytes, durationMs } = pulled;
  const rate = durationMs > 0 ? `, ${toMegabytes((sizeBytes * 1000) / durationMs)} MB/s` : "";
  return `Pulled image ${image} (${toMegabytes(sizeBytes)} MB) in ${toSeconds(durationMs)} s${rate}`;
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function toSeconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 && ms % 1000 !== 0 ? 1 : 0);
}
