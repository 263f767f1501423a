import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

const loopback = "127.0.0.1";

/**
 * The address that other machines see: that of the interface with the default route, else the first
 * one that is not a loopback, else 127.0.0.1.
 */
export function findHostAddress(): string {
  const routes = readRoutes();
  const interfaces = networkInterfaces();
  const names = [parseDefaultInterface(routes), ...Object.keys(interfaces)];
  for (const name of names) {
    const addresses = name === undefined ? [] : (interfaces[name] ?? []);
    const found = addresses.find((address) => address.family === "IPv4" && !address.internal);
    if (found !== undefined) return found.address;
  }
  return loopback;
}

/** The interface of the default route with the lowest metric in the text of /proc/net/route. */
export function parseDefaultInterface(routes: string): string | undefined {
  const rows = routes
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/))
    .filter(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000")
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return rows[0]?.[0];
}

function readRoutes(): string {
  try {
    return readFileSync("/proc/net/route", "utf8");
  } catch {
    return "";
  }
}
