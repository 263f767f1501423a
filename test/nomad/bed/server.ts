import { toServerConfig } from "./agent-config.ts";
import { type AgentPlace, AgentProcess } from "./agent-process.ts";
import { NomadApi } from "./nomad-api.ts";
import { type CommandResult, findNomad, readUntil, runProgram } from "./nomad-program.ts";

export interface CommandOptions {
  readonly input?: string;
  /** What it must end with; 0 when missing. */
  readonly code?: number;
  /** Gives the command a terminal. */
  readonly terminal?: boolean;
}

export interface ServerOptions {
  readonly program?: string;
  /** On loopback when missing. */
  readonly place?: AgentPlace | undefined;
}

/** A Nomad server, which the `nomad` command talks to. */
export class NomadServer implements AsyncDisposable {
  readonly api: NomadApi;
  readonly program: string;
  readonly #process: AgentProcess;
  readonly #closing: AbortController;

  private constructor(program: string, process: AgentProcess) {
    this.program = program;
    this.#process = process;
    this.#closing = new AbortController();
    this.api = new NomadApi(`http://${process.address}:${process.ports.http}`, this.#closing.signal);
  }

  /** Resolves when it leads. */
  static async start(options: ServerOptions = {}): Promise<NomadServer> {
    const found = options.program ?? (await findNomad());
    if (found === undefined) throw new Error("no nomad on this machine");
    const process = await AgentProcess.create(found, options.place);
    const server = new NomadServer(found, process);
    const { folder, address, ports } = process;
    const config = toServerConfig({ name: "server", folder, address, ports });
    try {
      await process.start(config, async () => (await server.api.get<string>("/v1/status/leader")) !== "");
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Its address and port for clients. */
  get rpc(): string {
    return `${this.#process.address}:${this.#process.ports.rpc}`;
  }

  /** Runs the command; rejects when it ends with another code than wanted. */
  async nomad(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const { input, code = 0, terminal = false } = options;
    const [program, words] = terminal ? inTerminal([this.program, ...args]) : [this.program, args];
    const result = await runProgram(program, words, {
      env: { ...process.env, NOMAD_ADDR: this.api.address, NO_COLOR: "1" },
      signal: this.#closing.signal,
      ...(input === undefined ? {} : { input }),
    });
    if (result.code !== code)
      throw new Error(`nomad ${args.join(" ")} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
    return result;
  }

  /** Runs a command that does not end by itself until its output satisfies the predicate; answers the output. */
  async nomadUntil(args: readonly string[], isEnough: (output: string) => boolean): Promise<string> {
    return await readUntil(this.program, args, {
      env: { ...process.env, NOMAD_ADDR: this.api.address, NO_COLOR: "1" },
      signal: this.#closing.signal,
      isEnough,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error("the server is closed"));
    await this.#process[Symbol.asyncDispose]();
  }
}

/** util-linux's script makes a terminal. */
function inTerminal(words: readonly string[]): readonly [string, readonly string[]] {
  const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", ["--quiet", "--return", "--command", line, "/dev/null"]];
}
