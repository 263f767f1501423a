export { parseSignal, toSignal } from "../task/index.ts";
