/** An instance of an app as the group knows it. */
export interface StreamsMetadata {
  /** Its `applicationServer`; undefined where it has none. */
  readonly host: string | undefined;
  /** The tasks it has, or gets as soon as others have given them up. */
  readonly tasks: readonly string[];
  /** The tasks of others whose stores it keeps copies of. */
  readonly standbyTasks: readonly string[];
}

/**
 * What an instance says of itself to the assignor: its `applicationServer`, and the standby tasks that it has
 * brought up to date.
 */
/** What an instance has on its disk. */
export interface DiskState {
  /** Names the folder with the files: instances with the same one share them. */
  readonly disk: string;
  /** By task: how many changelog records its files are behind. Of those that nobody here works on. */
  readonly lags: Readonly<Record<string, number>>;
  /** By task: how many changelog records there are, as far as this instance knows. */
  readonly sizes: Readonly<Record<string, number>>;
}

export interface MemberData {
  readonly host: string | undefined;
  readonly standbyTasks: readonly string[];
  /** What it runs: see `topologyFingerprint`. Undefined from a version that did not say. */
  readonly topology?: string | undefined;
  /** Undefined where it keeps no files. */
  readonly state?: DiskState | undefined;
}

/** What the assignor tells an instance: all instances, and which of them it is itself. */
export interface GroupData {
  readonly instances: readonly StreamsMetadata[];
  readonly you: number;
  /** What most instances run. */
  readonly topology?: string | undefined;
  /** Of the standby tasks of this instance: those it is to work on once it has caught up. */
  readonly warmUps?: readonly string[] | undefined;
}

function encode(data: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(data), 'utf8');
}

function decode(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

export function encodeMember(data: MemberData): Uint8Array {
  return encode(data);
}

/** Empty user data decodes to the defaults. */
export function decodeMember(bytes: Uint8Array): MemberData {
  const data = (bytes.length === 0 ? {} : decode(bytes)) as Partial<MemberData>;
  const { host, standbyTasks = [], topology, state } = data;
  return { host, standbyTasks, topology, state };
}

export function encodeGroupData(data: GroupData): Uint8Array {
  return encode(data);
}

export function decodeGroupData(bytes: Uint8Array): GroupData {
  const { instances, you, topology, warmUps } = decode(bytes) as GroupData;
  // What is undefined does not come through JSON.
  return {
    you,
    topology,
    warmUps,
    instances: instances.map(({ host, tasks, standbyTasks }) => ({ host, tasks, standbyTasks })),
  };
}
