import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentOptions, parseAgentOptions, planContainer } from "../../src/driver/index.ts";
import { problemsOf, sampleTask } from "../driver/sample-task.ts";

// Real files, since what is judged is where they really lead. Nothing is started: a plan that holds is a break-out.
const root = mkdtempSync(join(tmpdir(), "longshore-break-out-"));
const allocDir = join(root, "alloc-1");
const task = join(allocDir, "web");
const socket = createServer();

beforeAll(async () => {
  for (const folder of [
    "alloc/logs",
    "alloc/data",
    "web/local",
    "web/secrets",
    "other/secrets",
    "other/private",
    "other/local/conf",
  ]) {
    mkdirSync(join(allocDir, folder), { recursive: true });
  }
  mkdirSync(join(root, "alloc-1x"));
  mkdirSync(join(root, "alloc-2/web/secrets"), { recursive: true });
  const links = {
    etc: "/etc",
    root: "/",
    up: "../../..",
    self: "/proc/self/root",
    init: "/proc/1/root",
    cwd: "/proc/self/cwd",
    dangling: "/etc/longshore-not-there-yet",
    engine: "/var/run/docker.sock",
    chain: "chain-2",
    "chain-2": "etc",
    loop: "loop",
    other: "../../other/secrets",
    around: "../../other/local/../secrets/..",
  };
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(task, "local", name));
  symlinkSync("/etc", join(allocDir, "alloc/data/etc"));
  symlinkSync("/etc", join(allocDir, "other/local/etc"));
  symlinkSync("../secrets", join(allocDir, "other/local/secrets"));
  symlinkSync("../../../alloc-2", join(allocDir, "other/local/neighbour"));
  writeFileSync(join(allocDir, "other/.longshore-output"), "");
  await new Promise<void>((resolve) => socket.listen(join(root, "host.sock"), resolve));
  symlinkSync(join(root, "host.sock"), join(task, "local/sock"));
  execFileSync("mknod", [join(task, "local/null"), "c", "1", "3"]);
  writeFileSync(join(task, "local/plain"), "");
});
afterAll(() => {
  socket.close();
  rmSync(root, { recursive: true, force: true });
});

const faults = (config: object, options: AgentOptions = parseAgentOptions(), name = "web") =>
  problemsOf(() => planContainer(sampleTask({ ...config }, { allocDir, name }), { agentOptions: options }));

const outside = "volumes are not enabled; cannot mount host path";

// Check: planBindSource judges where the path really leads.
const paths: readonly (readonly [attempt: string, source: string])[] = [
  ["an absolute path", "/etc"],
  ["the root", "/"],
  ["a path with a trailing slash", "/etc/"],
  ["dots that climb out", "../../../../../../../../etc"],
  ["dots behind a folder that is there", "local/../../../../etc"],
  ["dots at the end", "local/../../.."],
  ["double slashes", "//etc//passwd"],
  ["a neighbour whose name begins alike", "../../alloc-1x"],
  ["another allocation's secrets", "../../alloc-2/web/secrets"],
  ["the allocation's whole folder, with every task's secrets", ".."],
  ["another task's secrets", "../other/secrets"],
  ["another task's secrets, by a longer way", "../other/local/../secrets"],
  ["another task's secrets, with a trailing slash", "../other/secrets/"],
  ["another task's private folder", "../other/private"],
  ["another task's whole folder, with its secrets", "../other"],
  ["another task's whole folder, by a link", "local/around"],
  ["what the driver keeps in another task's folder", "../other/.longshore-output"],
  ["a link that another task made to the host's files", "../other/local/etc"],
  ["a file behind such a link", "../other/local/etc/shadow"],
  ["a link that another task made to its secrets", "../other/local/secrets"],
  ["a link that another task made to another allocation", "../other/local/neighbour"],
  ["a link to a folder", "local/etc"],
  ["a link with a trailing slash", "local/etc/"],
  ["a link and a dot", "local/etc/."],
  ["a file behind a link", "local/etc/shadow"],
  ["a link to the root", "local/root"],
  ["a link that climbs", "local/up"],
  ["a link to a link", "local/chain"],
  ["a link to another task's secrets", "local/other"],
  ["a link to nothing yet", "local/dangling"],
  ["a link in the group's shared folder", "../alloc/data/etc"],
  ["the driver's own root in /proc", "/proc/self/root"],
  ["a link to the driver's root in /proc", "local/self"],
  ["the first process's root in /proc", "local/init"],
  ["the driver's working folder in /proc", "local/cwd"],
  ["a descriptor in /proc", "/proc/self/fd/0"],
  ["the engine's socket", "/var/run/docker.sock"],
  ["a link to the engine's socket", "local/engine"],
  ["a link to another socket of the host", "local/sock"],
  ["a device of the host", "/dev/kmsg"],
];

describe("a bind of", () => {
  it.each(paths)("%s is refused, by volumes and by mount", (_, source) => {
    const [volume = ""] = faults({ volumes: [`${source}:/x`] });
    expect(volume).toContain(`config.volumes.0: ${outside}`);
    for (const key of ["mount", "mounts"]) {
      const [mount = ""] = faults({ [key]: [{ type: "bind", target: "/x", source }] });
      expect(mount).toContain(`config.${key}.0.source: ${outside}`);
    }
  });

  // Check: links are counted.
  it("links in a circle is refused", () => {
    expect(faults({ volumes: ["local/loop:/x"] })[0]).toContain("too many symbolic links");
  });

  // Check: what is bound in the task's own folder is no device.
  it("a device that was made in the task's folder is refused", () => {
    expect(faults({ volumes: ["local/null:/x"] })).toEqual(['config.volumes.0: "local/null" is a device']);
  });

  it("what is the task's own or its group's is taken, so that the rest is not refused for another reason", () => {
    const own = ["local:/a", "local/plain:/b", "secrets:/c", "../alloc/data:/d", "new:/e"];
    expect(faults({ volumes: own })).toEqual([]);
    // As with the built-in driver: tasks of a group may mount what they have to share.
    expect(faults({ volumes: ["../other/local:/a", "../other/local/conf:/b", "../other/new:/c"] })).toEqual(
      [],
    );
  });

  // Check: the resolved path is what the engine gets.
  it("a link inside is handed to the engine as what it leads to", () => {
    symlinkSync("plain", join(task, "local/inner"));
    const plan = planContainer(sampleTask({ volumes: ["local/inner:/x"] }, { allocDir }), {
      agentOptions: parseAgentOptions(),
    });
    expect(plan.request.HostConfig.Binds).toContain(`${join(task, "local/plain")}:/x`);
  });
});

// Check: planArchive.
describe("an image archive", () => {
  it.each(["../secrets/x.tar", "../../other/local/x.tar", "etc/shadow", "self/etc/shadow", "dangling"])(
    "at %s is refused",
    (load) => {
      expect(faults({ load })).toEqual([`config.load: "${load}" is outside the task's local folder`]);
    },
  );

  it("below the task's local folder is taken", () => {
    expect(faults({ load: "/plain" })).toEqual([]);
  });
});

describe("the task's own folders", () => {
  // Check: checkFolder.
  it.each(["web/local", "web/secrets", "alloc/logs", "alloc"])(
    "are refused when %s became a link",
    (folder) => {
      const moved = join(root, `moved-${folder.replace("/", "-")}`);
      execFileSync("mv", [join(allocDir, folder), moved]);
      symlinkSync("/etc", join(allocDir, folder));
      const found = faults({});
      rmSync(join(allocDir, folder));
      execFileSync("mv", [moved, join(allocDir, folder)]);
      expect(found[0]).toContain("is no folder but a link to /etc");
    },
  );
});

describe("a mount", () => {
  // Checks: needsVolumes, planVolumeDriver, checkPropagation, checkTargets.
  it.each([
    ["a named volume", { mount: [{ target: "/x", source: "foreign" }] }, "volumes are not enabled"],
    [
      "a volume that a driver binds to a path",
      {
        mount: [
          {
            target: "/x",
            volume_options: {
              driver_config: { name: "local", options: { o: "bind", device: "/", type: "none" } },
            },
          },
        ],
      },
      "volumes are not enabled",
    ],
    [
      "another's volume by a volume driver",
      { volume_driver: "local", volumes: ["foreign:/x"] },
      "needs volumes.enabled",
    ],
    [
      "an image of the machine",
      { mount: [{ type: "image", target: "/x", source: "private" }] },
      "volumes are not enabled",
    ],
    [
      "a path that is shared back, by volumes",
      { volumes: ["local:/x:rshared"] },
      '"rshared" needs volumes.enabled',
    ],
    [
      "a path that is shared back, by mount",
      { mount: [{ type: "bind", target: "/x", source: "local", bind_options: { propagation: "shared" } }] },
      '"shared" needs volumes.enabled',
    ],
    [
      "a tmpfs with a source",
      { mount: [{ type: "tmpfs", target: "/x", source: "/etc" }] },
      "must not be set for a tmpfs",
    ],
    [
      "a tmpfs of less than nothing",
      { mount: [{ type: "tmpfs", target: "/x", tmpfs_options: { size: -1 } }] },
      "must be a whole number, not negative",
    ],
    ["something over the task's logs", { volumes: ["local:/alloc/logs"] }, '"/alloc/logs" is taken by'],
    ["something over the root", { volumes: ["local:/x/.."] }, '"/" is taken by the container\'s root'],
  ])("of %s is refused", (_, config, message) => {
    expect(faults(config).join()).toContain(message);
  });
});
