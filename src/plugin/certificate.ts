import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";
import { LongshoreError } from "../task/index.ts";

/** A certificate that vouches for itself, and its key. */
export interface SelfSigned {
  readonly certificateDer: Uint8Array;
  readonly certificatePem: string;
  readonly keyPem: string;
}

const dayMs = 24 * 3600 * 1000;
const lifeMs = 3650 * dayMs;
/** Clocks of two processes of one machine agree, but tests of hosts set them. */
const slackMs = dayMs;

/**
 * A certificate for `localhost`, the name that go-plugin's hosts ask for, good for both sides of a connection
 * (RFC 5280; P-256 with SHA-256).
 */
export function createSelfSigned(now: Date = new Date()): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = toBody(publicKey, now);
  const signature = sign("sha256", body, privateKey);
  const certificateDer = sequence(body, ecdsaWithSha256, bitString(signature));
  const lines = certificateDer.toString("base64").replace(/.{64}/g, "$&\n").trim();
  return {
    certificateDer,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Throws `invalid` for what is no certificate: a server would take it, and then no client. */
export function checkClientCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new LongshoreError("invalid", "PLUGIN_CLIENT_CERT holds no certificate that can be read", {
      cause,
    });
  }
}

function toBody(publicKey: KeyObject, now: Date): Buffer {
  const name = sequence(set(sequence(oid(0x55, 4, 3), element(tags.utf8, "localhost"))));
  const validity = sequence(time(now.getTime() - slackMs), time(now.getTime() + lifeMs));
  const serial = randomBytes(16);
  // Neither negative nor zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return sequence(
    explicit(0, element(tags.integer, Buffer.of(2))),
    element(tags.integer, serial),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions())),
  );
}

function extensions(): readonly Buffer[] {
  const yes = element(tags.boolean, Buffer.of(0xff));
  const extension = (id: number, critical: boolean, value: Buffer) =>
    sequence(oid(0x55, 29, id), ...(critical ? [yes] : []), element(tags.octets, value));
  // digitalSignature, keyEncipherment and keyCertSign, as bits from the left.
  const keyUsage = element(tags.bits, Buffer.of(2, 0b1010_0100));
  const serverAuth = oid(0x2b, 6, 1, 5, 5, 7, 3, 1);
  const clientAuth = oid(0x2b, 6, 1, 5, 5, 7, 3, 2);
  return [
    extension(15, true, keyUsage),
    extension(19, true, sequence(yes)),
    extension(37, false, sequence(serverAuth, clientAuth)),
    extension(17, false, sequence(element(tags.dnsName, "localhost"))),
  ];
}

/** Tags of DER (X.690). */
const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  explicit: 0xa0,
};

function element(tag: number, content: Uint8Array | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.of(tag, ...toLength(bytes.byteLength)), bytes]);
}

function toLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

const sequence = (...parts: readonly Uint8Array[]) => element(tags.sequence, Buffer.concat(parts));
const set = (...parts: readonly Uint8Array[]) => element(tags.set, Buffer.concat(parts));
const explicit = (number: number, part: Buffer) => element(tags.explicit | number, part);
const bitString = (bytes: Uint8Array) => element(tags.bits, Buffer.concat([Buffer.of(0), bytes]));
/** All arcs here are below 128, but the last two of one. */
const oid = (...arcs: readonly number[]) => element(tags.oid, Buffer.from(arcs));
const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));

/** Years from 2050 on have four digits. */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
  return digits < "2050" ? element(tags.utcTime, digits.slice(2)) : element(tags.generalizedTime, digits);
}
