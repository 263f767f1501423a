// @ts-check
import { readFile } from "node:fs/promises";
import { busyboxRootfs, staticBusybox } from "./busybox-rootfs.mjs";
import { unpackPackages } from "./debian.mjs";
import { callEngine, callEngineOk } from "./engine-api.mjs";
import { SetupError, say } from "./say.mjs";
import { findTool } from "./tools.mjs";

/**
 * Makes the example's busybox image on this machine where neither the engine has it nor Docker Hub can be reached.
 * @param {string} socket
 * @param {string} jobFile
 */
export async function ensureExampleImage(socket, jobFile) {
  const text = await readFile(jobFile, "utf8");
  const images = new Set(
    [...text.matchAll(/^\s*image\s*=\s*"(busybox:[\w.-]+)"/gm)].map((match) => match[1] ?? ""),
  );
  for (const image of images) {
    const { status } = await callEngine(socket, "GET", `/images/${image}/json`);
    if (status === 404 && !(await hubAnswers())) await makeImage(socket, image);
  }
}

async function hubAnswers() {
  return await fetch("https://registry-1.docker.io/v2/", { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );
}

/** @param {string} socket @param {string} image */
async function makeImage(socket, image) {
  say(`Docker Hub cannot be reached: making ${image} from this machine's busybox`);
  if ((await staticBusybox()) === undefined) await getBusybox();
  const [repo = "", tag = ""] = image.split(":");
  const query = new URLSearchParams({ fromSrc: "-", repo, tag });
  for (const change of ['CMD ["sh"]', "ENV PATH=/bin"]) query.append("changes", change);
  await callEngineOk(socket, "POST", `/images/create?${query}`, { body: await busyboxRootfs() });
}

async function getBusybox() {
  if ((await findTool("apt-get")) === undefined) {
    throw new SetupError(
      "neither Docker Hub nor a static busybox is at hand; install one, for example busybox-static",
    );
  }
  await unpackPackages(["busybox-static"]);
}
