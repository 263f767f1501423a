// @ts-check
import { request } from "node:http";

/**
 * @typedef {{ status: number, body: string }} EngineAnswer
 * @typedef {{ body?: string | Uint8Array | object | undefined, headers?: Record<string, string> | undefined,
 *   agent?: import("node:http").Agent | undefined,
 *   signal?: AbortSignal | undefined }} EngineCallOptions
 */

/** No call of these may take longer, milliseconds: an engine can be stuck and still answer a ping. */
const limitMs = 120_000;

/**
 * One bare request to a Docker Engine, without a client library: for set-up, tests and the benchmark's bare side.
 * Rejects only when there is no answer, or none in time; look at the status.
 * @param {string} socket path of the engine's unix socket
 * @param {string} method
 * @param {string} path with query
 * @param {EngineCallOptions} [options] an object as body is sent as JSON
 * @returns {Promise<EngineAnswer>}
 */
export function callEngine(socket, method, path, options = {}) {
  const { body, headers = {}, agent, signal } = options;
  const limit = AbortSignal.timeout(limitMs);
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const data = body === undefined || raw ? body : JSON.stringify(body);
  const type = raw ? "application/x-tar" : "application/json";
  return new Promise((resolve, reject) => {
    const length = data === undefined ? 0 : Buffer.byteLength(data);
    const sent = request({
      socketPath: socket,
      host: "docker",
      method,
      path,
      headers: { "content-type": type, "content-length": length, ...headers },
      ...(agent === undefined ? {} : { agent }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    const fail = (/** @type {Error} */ cause) =>
      reject(limit.aborted ? toLimitError(method, path, cause) : cause);
    sent.on("error", fail);
    sent.on("response", (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.end(data);
  });
}

/** @param {string} method @param {string} path @param {Error} cause */
function toLimitError(method, path, cause) {
  const seconds = limitMs / 1000;
  return new Error(`the Docker engine did not answer ${method} ${path} within ${seconds} s; restart it`, {
    cause,
  });
}

/**
 * The same, for calls that must succeed: the parsed answer, or an error with the engine's words.
 * @param {string} socket
 * @param {string} method
 * @param {string} path
 * @param {EngineCallOptions} [options]
 * @returns {Promise<unknown>} undefined for an empty answer, text where it is not JSON
 */
export async function callEngineOk(socket, method, path, options = {}) {
  const answer = await callEngine(socket, method, path, options);
  // Streams of progress answer 200 and tell of a failure in a line.
  const failure = /"errorDetail"/.test(answer.body);
  if (answer.status >= 400 || failure) {
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body.trim()}`);
  }
  if (answer.body === "") return undefined;
  try {
    return JSON.parse(answer.body);
  } catch {
    return answer.body;
  }
}

/**
 * Path of the engine's socket: DOCKER_HOST when it is a unix socket, else the usual place.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function engineSocket(env = process.env) {
  const host = env.DOCKER_HOST ?? "";
  if (host === "") return "/var/run/docker.sock";
  if (host.startsWith("unix://")) return host.slice("unix://".length);
  throw new Error(
    `DOCKER_HOST is ${host}; the tests need the engine's unix socket, for example unix:///var/run/docker.sock`,
  );
}
