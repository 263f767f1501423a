import { describe, expect, it } from "vitest";
import { parseSockets } from "./port-holders.ts";

const head =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const rest = "00000000:00000000 00:00000000 00000000     0        0";

describe("the kernel's socket tables", () => {
  it("tell the listening sockets with address, port and inode", () => {
    const table = `${head}
   0: 0100007F:1F90 00000000:0000 0A ${rest} 4711 1 0
   1: 00000000:0050 00000000:0000 0A ${rest} 4712 1 0
   2: 0100007F:1F91 0100007F:C350 01 ${rest} 4713 1 0`;
    expect(parseSockets(table, "tcp")).toEqual([
      { ip: "127.0.0.1", port: 8080, inode: "4711" },
      { ip: "0.0.0.0", port: 80, inode: "4712" },
    ]);
  });

  it("tell IPv6's too, where all addresses and mapped ones count as IPv4's", () => {
    const table = `${head}
   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 07 ${rest} 1 2 0
   1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 07 ${rest} 2 2 0
   2: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 07 ${rest} 3 2 0`;
    expect(parseSockets(table, "udp").map(({ ip, port }) => `${ip} ${port}`)).toEqual([
      "0.0.0.0 8080",
      "127.0.0.1 8081",
      "::1 8082",
    ]);
  });
});
