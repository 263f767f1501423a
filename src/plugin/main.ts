import { runPlugin } from "./run-plugin.ts";

void runPlugin("0.1.0");
