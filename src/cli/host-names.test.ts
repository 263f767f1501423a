import type { NetworkInterfaceInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { toHostNetworks, toHostVolumes } from "./host-names.ts";

const at = (address: string): NetworkInterfaceInfo =>
  ({
    address,
    family: address.includes(":") ? "IPv6" : "IPv4",
    netmask: "",
    mac: "",
    internal: false,
    cidr: null,
    ...(address.includes(":") ? { scopeid: 0 } : {}),
  }) as NetworkInterfaceInfo;

const interfaces = {
  lo: [at("127.0.0.1"), at("::1")],
  eth0: [at("2001:db8::5"), at("192.0.2.5")],
  eth1: [at("10.0.0.5")],
};

describe("host networks", () => {
  it.each([
    [{ cidr: "192.0.2.0/24", interface: undefined }, "192.0.2.5"],
    [{ cidr: "2001:db8::/32", interface: undefined }, "2001:db8::5"],
    [{ cidr: undefined, interface: "eth0" }, "192.0.2.5"],
    [{ cidr: "10.0.0.0/8", interface: "eth1" }, "10.0.0.5"],
  ])("%j is this machine's address", (network, address) => {
    expect(toHostNetworks({ x: network }, interfaces)).toEqual({ x: address });
  });

  it.each([
    [{ cidr: "198.51.100.0/24", interface: undefined }, "no address of range 198.51.100.0/24"],
    [{ cidr: "10.0.0.0/8", interface: "eth0" }, "no address of interface eth0 and range 10.0.0.0/8"],
    [{ cidr: undefined, interface: "eth9" }, "no address of interface eth9"],
    [{ cidr: undefined, interface: undefined }, "has neither cidr nor interface"],
    [{ cidr: "10.0.0.0/33", interface: undefined }, '"10.0.0.0/33" is no range of addresses'],
    [{ cidr: "{{ GetPrivateIP }}", interface: undefined }, "is no range of addresses"],
  ])("%j is refused", (network, message) => {
    expect(() => toHostNetworks({ x: network }, interfaces)).toThrow(message);
  });
});

describe("host volumes", () => {
  it("have whole paths", () => {
    const volumes = { data: { path: "/srv", readOnly: true } };
    expect(toHostVolumes(volumes)).toEqual(volumes);
    expect(() => toHostVolumes({ data: { path: "srv", readOnly: true } })).toThrow('"srv" is no whole path');
  });
});
