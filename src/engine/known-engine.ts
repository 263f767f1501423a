import { negotiateApiVersion } from "./api-version.ts";
import type { EngineVersion } from "./engine.ts";

/** What was learned of the engine; shared by all calls that ask at the same time, forgotten when it fails. */
export class KnownEngine {
  #apiVersion: Promise<string> | undefined;
  #version: Promise<EngineVersion> | undefined;
  #newest: string | undefined;

  apiVersion(ask: () => Promise<string>): Promise<string> {
    if (this.#apiVersion === undefined) {
      const newest = this.#newest;
      const asked = newest === undefined ? ask() : Promise.resolve().then(() => negotiateApiVersion(newest));
      this.#apiVersion = asked;
      asked.catch(() => this.#apiVersion === asked && this.forget());
    }
    return this.#apiVersion;
  }

  version(ask: () => Promise<EngineVersion>): Promise<EngineVersion> {
    if (this.#version === undefined) {
      const asked = ask();
      this.#version = asked;
      asked.catch(() => this.#version === asked && this.forget());
    }
    return this.#version;
  }

  /** Each answer tells the engine's newest API version: another one means another engine. */
  see(newest: string): void {
    if (this.#newest !== undefined && this.#newest !== newest) this.forget();
    this.#newest = newest;
  }

  forget(): void {
    this.#apiVersion = undefined;
    this.#version = undefined;
    this.#newest = undefined;
  }
}
