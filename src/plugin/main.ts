import { runPlugin } from "./run-plugin.ts";

void runPlugin().then((code) => process.exit(code));
