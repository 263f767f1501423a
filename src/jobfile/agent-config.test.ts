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
      maxKillTimeoutMs: undefined,
      dynamicPorts: { min: undefined, max: undefined },
      hostVolumes: {},
      hostNetworks: {},
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
      maxKillTimeoutMs: undefined,
      dynamicPorts: { min: undefined, max: undefined },
      hostVolumes: {},
      hostNetworks: {},
    });
  });

  it("takes the most that a kill_timeout counts", async () => {
    const text = 'client {\n  max_kill_timeout = "2m"\n}\n';
    expect((await readAgentConfig({ name: "agent.hcl", text })).maxKillTimeoutMs).toBe(120_000);
  });

  it("takes the range of dynamic ports", async () => {
    const text = "client {\n  min_dynamic_port = 30000\n  max_dynamic_port = 30100\n}\n";
    const { dynamicPorts } = await readAgentConfig({ name: "agent.hcl", text });
    expect(dynamicPorts).toEqual({ min: 30_000, max: 30_100 });
  });

  it("takes host volumes and host networks by their names", async () => {
    const text = `client {
      host_volume "data" {
        path      = "/srv/data"
        read_only = true
      }
      host_volume "cache" {
        path = "/srv/cache"
      }
      host_network "public" {
        cidr           = "203.0.113.0/24"
        reserved_ports = "22,80"
      }
      host_network "inside" {
        interface = "eth1"
      }
    }`;
    expect(await readAgentConfig({ name: "agent.hcl", text })).toMatchObject({
      hostVolumes: {
        data: { path: "/srv/data", readOnly: true },
        cache: { path: "/srv/cache", readOnly: false },
      },
      hostNetworks: { public: { cidr: "203.0.113.0/24" }, inside: { interface: "eth1" } },
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
