/** What an artifact may cost. Defaults are Nomad's (`artifact` block of the client's configuration). */
export interface ArtifactLimits {
  /** Bytes of one download. */
  readonly maxBytes: number;
  /** Bytes that an archive may unpack to. */
  readonly maxUnpackedBytes: number;
  /** Entries that an archive may have. */
  readonly maxEntries: number;
  /** For the whole download, milliseconds. */
  readonly timeoutMs: number;
  /** Without a single byte, milliseconds. */
  readonly idleTimeoutMs: number;
  readonly maxRedirects: number;
}

export const defaultArtifactLimits: ArtifactLimits = {
  maxBytes: 100e9,
  maxUnpackedBytes: 100e9,
  maxEntries: 4096,
  timeoutMs: 30 * 60_000,
  idleTimeoutMs: 60_000,
  maxRedirects: 10,
};
