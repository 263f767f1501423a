export { prepareTask, type TaskSpec } from "./prepare-task.ts";
