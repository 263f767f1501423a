import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request, type ServerResponse } from "node:http";
import { type Duplex, Transform } from "node:stream";

/**
 * What happens to one request:
 * - `pass`: the other side answers it
 * - `cut`: the connection breaks before the other side sees the request
 * - `cut-after`: the other side does it, and the connection breaks in place of the answer
 * - `hang`: no answer, ever
 * - `garble`: the other side does it, and each byte of its answer's body comes as another one
 * - a status (and headers, and a body): answered in place of the other side; an object is sent as JSON
 * - `truncateAfter`, `hangAfter`: the answer breaks off or stalls after so many bytes of its body
 * - `through`: the other side's answer comes as the stream makes it
 */
export type Fault =
  | "pass"
  | "cut"
  | "cut-after"
  | "hang"
  | "garble"
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object;
    }
  | { readonly truncateAfter: number }
  | { readonly hangAfter: number }
  | { readonly through: Duplex };

/** Where a request goes when it passes. */
export type Target = Pick<RequestOptions, "socketPath" | "host" | "port">;

/** Lets a fault happen to a request, or hands it on to the target and the answer back. */
export function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
  target: Target,
): void {
  if (fault === "hang") return;
  if (fault === "cut") {
    incoming.socket.destroy();
  } else if (typeof fault === "object" && "status" in fault) {
    answer(response, fault);
  } else {
    forward(incoming, response, fault, target);
  }
}

function answer(response: ServerResponse, fault: Extract<Fault, { status: number }>): void {
  const { body = "" } = fault;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body === "string" ? "text/plain" : "application/json";
  response.writeHead(fault.status, { "content-type": type, ...fault.headers });
  response.end(text);
}

type Passing = Exclude<Fault, "hang" | "cut" | { status: number }>;

function forward(incoming: IncomingMessage, response: ServerResponse, fault: Passing, target: Target): void {
  const { method, url, headers } = incoming;
  const onward = request({ ...target, method, path: url, headers, agent: false });
  response.on("close", () => onward.destroy());
  onward.on("error", () => incoming.socket.destroy());
  onward.on("response", (reply) => {
    if (fault === "cut-after") {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(reply.statusCode ?? 502, reply.headers);
    response.flushHeaders();
    reply.on("error", () => incoming.socket.destroy());
    if (fault === "pass") reply.pipe(response);
    else if (fault === "garble") reply.pipe(garbler()).pipe(response);
    else if ("through" in fault) reply.pipe(fault.through).pipe(response);
    else void passPart(reply, response, fault).catch(() => incoming.socket.destroy());
  });
  incoming.pipe(onward);
}

function garbler(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(chunk.map((byte) => byte ^ 0x15)));
    },
  });
}

async function passPart(
  reply: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<Passing, string | { through: Duplex }>,
): Promise<void> {
  let left = "hangAfter" in fault ? fault.hangAfter : fault.truncateAfter;
  // A reply that is destroyed breaks the connection behind it, and with that this one.
  const chunks: AsyncIterable<Buffer> = reply.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (part.length > 0 && !response.write(part)) await once(response, "drain");
    if (left === 0) break;
  }
  if ("hangAfter" in fault) return;
  // The bytes must be on their way before the connection breaks.
  await new Promise<void>((resolve) => response.write("", () => resolve()));
  response.socket?.destroySoon();
}
