import { describe, expect, it } from "vitest";
import { parseEndpoint } from "./connection.ts";

const pem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

describe("an endpoint", () => {
  it("may be a socket", () => {
    expect(parseEndpoint("unix:///run/docker.sock")).toMatchObject({
      protocol: "http:",
      socketPath: "/run/docker.sock",
      options: { socketPath: "/run/docker.sock" },
    });
  });

  it.each([
    ["tcp://10.0.0.1", "http:", "10.0.0.1", "2375", ""],
    ["tcp://10.0.0.1:80", "http:", "10.0.0.1", "80", ""],
    ["http://host:2375/docker/", "http:", "host", "2375", "/docker"],
    ["https://host", "https:", "host", "2376", ""],
    ["https://host:443", "https:", "host", "443", ""],
    ["tcp://[::1]:2375", "http:", "::1", "2375", ""],
  ])("%s is host, port and path", (endpoint, protocol, host, port, basePath) => {
    expect(parseEndpoint(endpoint)).toMatchObject({ protocol, basePath, options: { host, port } });
  });

  it("of tcp speaks TLS when there are TLS options, and checks the server unless told not to", () => {
    expect(parseEndpoint("tcp://host", { ca: pem })).toMatchObject({
      protocol: "https:",
      options: { port: "2376", ca: pem, rejectUnauthorized: true },
    });
    expect(parseEndpoint("tcp://host:1", { verify: false })).toMatchObject({
      options: { port: "1", rejectUnauthorized: false },
    });
  });

  it.each([
    ["ssh://me@host", "ssh is not supported"],
    ["npipe:////./pipe/docker_engine", "named pipes exist on Windows only"],
    ["/var/run/docker.sock", "has no scheme"],
    ["docker.sock", "has no scheme"],
    ["fd://", "has no scheme that Longshore knows"],
    ["unix://docker.sock", "not absolute"],
    ["tcp://", "not a valid address"],
    ["tcp://host:99999", "not a valid address"],
    ["", "has no scheme"],
  ])("%j does not hold, and the error says why and what to write", (endpoint, why) => {
    expect(() => parseEndpoint(endpoint)).toThrow(
      expect.objectContaining({
        kind: "invalid",
        message: expect.stringContaining(why),
        hint: expect.stringContaining("://"),
      }),
    );
  });

  it("needs TLS files that can be read, and both halves of the client's", () => {
    expect(() => parseEndpoint("tcp://host", { ca: "/no/such/ca.pem" })).toThrow(
      expect.objectContaining({ kind: "invalid", message: expect.stringContaining("/no/such/ca.pem") }),
    );
    expect(() => parseEndpoint("tcp://host", { cert: pem })).toThrow("the client key (key) is missing");
    expect(() => parseEndpoint("tcp://host", { key: pem })).toThrow(
      "the client certificate (cert) is missing",
    );
  });
});
