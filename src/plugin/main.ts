import { runPlugin } from "./run-plugin.ts";

void runPlugin(process.argv[1] ?? "docker").then((code) => process.exit(code));
