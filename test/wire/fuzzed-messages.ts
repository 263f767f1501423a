import { type BinaryWriter, BinaryWriter as Writer } from "@bufbuild/protobuf/wire";
import { encode } from "@msgpack/msgpack";
import { GRPCBrokerDefinition } from "../../src/plugin/proto/generated/go-plugin/broker.ts";
import { GRPCStdioDefinition } from "../../src/plugin/proto/generated/go-plugin/stdio.ts";
import { HealthDefinition } from "../../src/plugin/proto/generated/grpc/health.ts";
import {
  BasePluginDefinition,
  CoreGrade,
  SetConfigRequest,
} from "../../src/plugin/proto/generated/nomad/base.ts";
import {
  DriverDefinition,
  type TaskConfig,
  type TaskHandle,
} from "../../src/plugin/proto/generated/nomad/driver.ts";

/** A method of the plugin, and messages that it takes. */
export interface FuzzedMethod {
  readonly path: string;
  readonly isStream: boolean;
  readonly samples: readonly Uint8Array[];
}

export interface FuzzedMessage {
  readonly path: string;
  readonly isStream: boolean;
  readonly bytes: Uint8Array;
}

interface Codec {
  encode(message: never, writer?: BinaryWriter): BinaryWriter;
}

/** Random numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A message for one of the methods: a good one, spoilt; the same for the same seed. */
export function fuzzMessage(seed: number, methods: readonly FuzzedMethod[]): FuzzedMessage {
  const random = createRandom(seed);
  const { path, isStream, samples } = pick(methods, random);
  let bytes = pick(samples, random);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--)
    bytes = pick(spoilers, random)(bytes, random);
  return { path, isStream, bytes };
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

type Spoiler = (bytes: Uint8Array, random: () => number) => Uint8Array;

const some = (random: () => number, most: number) => Math.floor(random() * (most + 1));
const randomBytes = (random: () => number, most: number) =>
  Uint8Array.from({ length: some(random, most) }, () => some(random, 255));
const insert = (bytes: Uint8Array, at: number, more: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);

const spoilers: readonly Spoiler[] = [
  // Cut off.
  (bytes, random) => bytes.subarray(0, some(random, bytes.byteLength)),
  // Some bits and bytes changed.
  (bytes, random) => {
    const changed = Uint8Array.from(bytes);
    for (let times = some(random, 8); times >= 0; times--)
      changed[some(random, bytes.byteLength)] = some(random, 255);
    return changed;
  },
  (bytes, random) => insert(bytes, some(random, bytes.byteLength), randomBytes(random, 64)),
  // Everything twice.
  (bytes) => Buffer.concat([bytes, bytes]),
  // Fields that nobody knows, of every wire type.
  (bytes, random) => Buffer.concat([bytes, unknownField(random)]),
  // A known field of another wire type.
  (bytes, random) => {
    const tag = ((1 + some(random, 20)) << 3) | some(random, 7);
    return Buffer.concat([bytes, new Writer().uint32(tag).finish(), randomBytes(random, 16)]);
  },
  // A length that reaches beyond the end, up to 4 GiB.
  (bytes, random) => {
    const tag = ((1 + some(random, 20)) << 3) | 2;
    return Buffer.concat([
      bytes,
      new Writer()
        .uint32(tag)
        .uint32(some(random, 2 ** 32 - 1))
        .finish(),
    ]);
  },
  // Groups in groups, never closed.
  (bytes, random) => Buffer.concat([bytes, Buffer.alloc(some(random, 20_000), 0x0b)]),
  // Messages in messages.
  (bytes, random) => {
    let nested = bytes;
    for (let depth = some(random, 120); depth > 0; depth--)
      nested = new Writer().uint32(10).bytes(nested).finish();
    return nested;
  },
  // No UTF-8.
  (bytes) => Buffer.concat([bytes, Uint8Array.of(0x0a, 4, 0xff, 0xfe, 0xc0, 0x80)]),
  () => new Uint8Array(),
  (_bytes, random) => randomBytes(random, 2000),
];

function unknownField(random: () => number): Uint8Array {
  const number = 5000 + some(random, 1000);
  const writer = new Writer();
  switch (some(random, 3)) {
    case 0:
      return writer
        .uint32((number << 3) | 0)
        .uint64(2 ** 40)
        .finish();
    case 1:
      return writer
        .uint32((number << 3) | 1)
        .double(random())
        .finish();
    case 2:
      return writer
        .uint32((number << 3) | 2)
        .bytes(randomBytes(random, 100))
        .finish();
    default:
      return writer
        .uint32((number << 3) | 5)
        .float(random())
        .finish();
  }
}

const services = [
  BasePluginDefinition,
  DriverDefinition,
  HealthDefinition,
  GRPCBrokerDefinition,
  GRPCStdioDefinition,
];

/** The method that replaces the plugin's settings, with good ones. */
export function toConfigMethod(config: Readonly<Record<string, unknown>>): FuzzedMethod {
  const core = {
    socketId: 0,
    nodeId: 0,
    coreId: 0,
    coreGrade: CoreGrade.Performance,
    disable: false,
    baseSpeed: 2000,
    maxSpeed: 3000,
    guessSpeed: 0,
  };
  const topology = {
    nodeIds: [0],
    distances: { dimension: 1, values: [10] },
    cores: [core, { ...core, coreId: 1 }],
    overrideTotalCompute: 0,
    overrideWitholdCompute: 0,
  };
  const message: SetConfigRequest = {
    msgpackConfig: Buffer.from(encode(config)),
    nomadConfig: { driver: { ClientMaxPort: 14_512, ClientMinPort: 14_000, Topology: topology } },
    pluginApiVersion: "0.1.0",
  };
  return {
    path: `/${BasePluginDefinition.fullName}/SetConfig`,
    isStream: false,
    samples: [SetConfigRequest.encode(message).finish()],
  };
}

/** Every method but those that end the plugin or replace its settings, with messages that are good for it. */
export function listMethods(task: TaskConfig): readonly FuzzedMethod[] {
  return services.flatMap((service) =>
    Object.values(service.methods)
      .filter(({ name }) => name !== "SetConfig")
      .map(({ name, requestType, requestStream, responseStream }) => ({
        path: `/${service.fullName}/${name}`,
        isStream: requestStream || responseStream,
        samples: samplesOf(name, task).map((sample) =>
          (requestType as Codec).encode(sample as never).finish(),
        ),
      })),
  );
}

function samplesOf(method: string, task: TaskConfig): readonly unknown[] {
  const taskId = task.id;
  const seconds = { seconds: 1, nanos: 500 };
  const driverState = Buffer.from(
    encode({ ReattachConfig: null, ContainerID: "a".repeat(64), DriverNetwork: null }),
  );
  const handle: TaskHandle = { version: 1, config: task, state: 1, driverState };
  const odd = Buffer.from(
    encode({ image: null, args: ["a", 1, null], labels: [{ a: "b" }, 7], mount: { type: -1 } }),
  );
  const known: Readonly<Record<string, readonly unknown[]>> = {
    Check: [{ service: "plugin" }],
    Watch: [{ service: "plugin" }],
    StartStream: [
      { serviceId: 1, network: "unix", address: "/x", knock: { knock: true, ack: false, error: "" } },
    ],
    StartTask: [{ task }, { task: { ...task, msgpackDriverConfig: odd } }],
    RecoverTask: [{ taskId, handle }],
    WaitTask: [{ taskId }],
    StopTask: [{ taskId, timeout: seconds, signal: "SIGTERM" }],
    DestroyTask: [{ taskId, force: true }],
    InspectTask: [{ taskId }],
    TaskStats: [{ taskId, collectionInterval: seconds }],
    SignalTask: [{ taskId, signal: "SIGHUP" }],
    ExecTask: [{ taskId, command: ["true"], timeout: seconds }],
    ExecTaskStreaming: [
      { setup: { taskId, command: ["cat"], tty: true }, ttySize: undefined, stdin: undefined },
    ],
    CreateNetwork: [{ allocId: task.allocId, hostname: "h" }],
    DestroyNetwork: [{ allocId: task.allocId, isolationSpec: undefined }],
  };
  return known[method] ?? [{}];
}
