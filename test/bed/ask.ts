import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6 } from "node:net";

/** Says `hello` to an echo server by TCP until it is up; a port that is published but not served yet refuses or resets. */
export async function askTcp(port: number, host = "127.0.0.1"): Promise<string> {
  for (;;) {
    const socket = connect(port, host);
    socket.on("error", () => undefined);
    socket.end("hello\n");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    await new Promise((resolve) => socket.on("close", resolve));
    if (chunks.length > 0) return Buffer.concat(chunks).toString();
  }
}

/** Says `hello` to an echo server by UDP until it answers. */
export async function askUdp(port: number, host = "127.0.0.1"): Promise<string> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  // Datagrams to a server that is not up yet are lost; connected sockets hear of that as errors.
  socket.on("error", () => undefined);
  const again = setInterval(() => socket.send("hello", port, host), 50);
  try {
    const [message] = (await once(socket, "message")) as [Buffer];
    return message.toString();
  } finally {
    clearInterval(again);
    socket.close();
  }
}
