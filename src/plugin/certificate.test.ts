import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSelfSigned } from "./certificate.ts";

describe("createSelfSigned", () => {
  it("makes a certificate for localhost that its own key signed", () => {
    const { certificateDer, certificatePem, keyPem } = createSelfSigned();
    const certificate = new X509Certificate(certificateDer);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.checkHost("localhost")).toBe("localhost");
    expect(certificate.ca).toBe(true);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    expect(new X509Certificate(certificatePem).fingerprint256).toBe(certificate.fingerprint256);
  });

  it.each(["2026-11-24T08:00:00Z", "2045-06-01T00:00:00Z", "2049-12-31T23:59:59Z"])(
    "is valid from a day before %s for ten years",
    (now) => {
      const { validFrom, validTo } = new X509Certificate(createSelfSigned(new Date(now)).certificateDer);
      const at = new Date(now).getTime();
      expect(new Date(validFrom).getTime()).toBe(at - 24 * 3600 * 1000);
      expect(new Date(validTo).getTime()).toBe(at + 3650 * 24 * 3600 * 1000);
    },
  );

  it("makes another one each time", () => {
    const [one, other] = [createSelfSigned(), createSelfSigned()].map(
      ({ certificateDer }) => new X509Certificate(certificateDer),
    );
    expect(one?.serialNumber).not.toBe(other?.serialNumber);
    expect(one?.publicKey.equals(other?.publicKey ?? one.publicKey)).toBe(false);
  });
});
