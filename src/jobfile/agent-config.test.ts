import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readAgentConfig } from "./agent-config.ts";

describe("readAgentConfig", () => {
  it("takes the Docker plugin's config and the client's options, and passes over the rest", async () => {
    const file = fileURLToPath(new URL("../../test/jobfile/fixtures/agent.hcl", import.meta.url));
    expect(await readAgentConfig({ file })).toEqual({
      plugin: {
        allow_privileged: true,
        volumes: [{ enabled: true }],
        gc: [{ image: false, image_delay: "10m", dangling_containers: [{ enabled: false }] }],
        extra_labels: ["job_name", "task_*"],
      },
      hasPlugin: true,
      pluginDir: undefined,
      clientOptions: { "docker.endpoint": "unix:///run/other.sock", "docker.cleanup.image": "false" },
      clientMeta: { rack: "r1" },
    });
  });

  it("takes JSON", async () => {
    const text = JSON.stringify({
      client: { options: { "docker.endpoint": "x" } },
      plugin: [{ docker: [{ config: [{ gc: [{ image: false }] }] }] }],
    });
    expect(await readAgentConfig({ name: "agent.json", text })).toEqual({
      plugin: { gc: [{ image: false }] },
      hasPlugin: true,
      pluginDir: undefined,
      clientOptions: { "docker.endpoint": "x" },
      clientMeta: {},
    });
  });

  it("tells whether the agent would start a plugin for docker, and from where", async () => {
    const text = 'plugin_dir = "/opt/nomad/plugins"\nplugin "raw_exec" {\n  config {}\n}\n';
    expect(await readAgentConfig({ name: "agent.hcl", text })).toMatchObject({
      hasPlugin: false,
      pluginDir: "/opt/nomad/plugins",
    });
  });

  it("rejects what is no configuration with the place", async () => {
    const text = 'client {\n  options {\n    "a" = \n  }\n}';
    await expect(readAgentConfig({ name: "agent.hcl", text })).rejects.toMatchObject({
      kind: "invalid",
      diagnostics: [{ summary: "Invalid expression", range: { file: "agent.hcl", line: 3 } }],
    });
  });
});
