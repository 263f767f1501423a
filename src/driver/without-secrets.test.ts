import { expect, it } from "vitest";
import { withoutSecrets } from "./without-secrets.ts";

const secrets = {
  env: {
    DB: "hunter2hunter2",
    LONG: "hunter2hunter2-and-more",
    PORT: "8080",
    NOMAD_IP: "192.168.1.17",
    NOMAD_TOKEN: "f81d4fae-7dec",
  },
  password: "pw",
};

it.each([
  ["exec: hunter2hunter2: not found", "exec: ${DB}: not found"],
  ["x=hunter2hunter2-and-more", "x=${LONG}"],
  ["port 8080 at 192.168.1.17", "port 8080 at 192.168.1.17"],
  ["token f81d4fae-7dec", "token ${NOMAD_TOKEN}"],
  ["login with pw", "login with <password>"],
])("%j is shown as %j", (text, shown) => {
  expect(withoutSecrets(text, secrets)).toBe(shown);
});
