/** Every way in which Millrace itself can refuse or fail: one code for one meaning. */
export const streamsErrorCodes = {
  APP_CLOSED: 'the app was closed before it was done with this',
  APP_STATE: 'the state of the app does not allow this call',
  CONFIG_INVALID: 'a wrong option of StreamsApp',
  FORK_STATE: 'an application that takes over from another is not in the state that this needs',
  FORWARD_WITHOUT_RECORD: 'processValues was to forward a value while it had no record to take the key from',
  OFFSET_RESET_NONE: 'there is no committed offset to go on from, and the source says not to reset it',
  RECORD_DESERIALIZATION: 'a record could not be read',
  RECORD_PROCESSING: 'a record could not be processed',
  RECORD_PRODUCTION: 'a record could not be written',
  SOURCE_OVERFLOW: 'more records came than may wait to be written',
  STORE_BEHIND: 'the rows here do not have what the query asks to see yet',
  STORE_MOVED: 'the rows are on another instance',
  STORE_RESTORING: 'the rows are being restored, or no instance has them just now',
  TASK_CLOSED: 'user code used a task after it was closed',
  TOPOLOGY_CHANGED: 'the topology does not fit the state that the application has',
  TOPOLOGY_INVALID: 'a topology that makes no sense',
  TOPOLOGY_MISMATCH: 'another instance of the application runs another topology',
  TOPOLOGY_NAME_TAKEN: 'a name that is given twice',
  TOPOLOGY_NOT_COPARTITIONED: 'joined topics with different partition counts',
  TOPOLOGY_PARTITIONS_CHANGED: 'an input topic has more partitions than the state that was made from it',
  TOPOLOGY_SERDE_MISSING: 'a place where a serde is needed and none is known',
  TOPOLOGY_STORE_MISSING: 'a store that does not exist, or is not connected to the node that asks for it',
  TOPOLOGY_TOPIC_MISSING: 'a topic that is read or written does not exist',
  TOPOLOGY_TOPIC_SETTINGS: 'an internal topic with settings that would lose records',
} as const;

export type StreamsErrorCode = keyof typeof streamsErrorCodes;

/** An error of Millrace itself. Tell cases apart by `code`, which is stable; the message is for people. */
export class StreamsError extends Error {
  override readonly name: string = 'StreamsError';
  readonly code: StreamsErrorCode;

  constructor(code: StreamsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A program that cannot run: thrown when it is built, or when it meets topics that do not fit it. */
export class TopologyError extends StreamsError {
  override readonly name = 'TopologyError';
}

/** A wrong option of `StreamsApp`. */
export class ConfigError extends StreamsError {
  override readonly name = 'ConfigError';

  constructor(message: string, options?: ErrorOptions) {
    super('CONFIG_INVALID', message, options);
  }
}

/** Where in the input a record came from. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** What a `RecordError` is about. */
export interface RecordFailure {
  /** As the beginning of a sentence: `A record could not be read`. */
  readonly what: string;
  /** The node, or what else was at work. */
  readonly node: string;
  readonly origin: RecordOrigin | undefined;
  readonly cause: unknown;
  /** The line of the program that added the node, where that is known. */
  readonly addedAt?: string | undefined;
}

/** A record that could not be read, processed or written. `cause` is what the serde or your code threw. */
export class RecordError extends StreamsError {
  override readonly name = 'RecordError';
  readonly node: string;
  readonly origin: RecordOrigin | undefined;
  /** The line of the program that added the node, as `src/app.ts:12`; undefined where that is not known. */
  readonly addedAt: string | undefined;

  constructor(code: StreamsErrorCode, { what, node, origin, cause, addedAt }: RecordFailure) {
    const where =
      origin === undefined ? '' : ` (record ${origin.topic}-${origin.partition} @ ${origin.offset})`;
    const added = addedAt === undefined ? '' : ` (${node} was added at ${addedAt})`;
    super(code, `${what} at ${node}${where}: ${describeCause(cause)}${added}`, { cause });
    this.node = node;
    this.origin = origin;
    this.addedAt = addedAt;
  }
}

/** Where the rows are that a query asked for. */
export interface StoreLocation {
  readonly store: string;
  readonly partition: number | undefined;
  /** The `applicationServer` of the instance that has them; undefined where that is not known. */
  readonly host: string | undefined;
}

/** The rows that a query asks for are not here, or not yet: ask again, or ask `host`. */
export class StoreUnavailableError extends StreamsError {
  override readonly name = 'StoreUnavailableError';
  readonly retriable = true;
  readonly store: string;
  readonly partition: number | undefined;
  readonly host: string | undefined;

  constructor(
    code: 'STORE_BEHIND' | 'STORE_MOVED' | 'STORE_RESTORING',
    message: string,
    { store, partition, host }: StoreLocation,
  ) {
    super(code, message);
    this.store = store;
    this.partition = partition;
    this.host = host;
  }
}

export function isStoreUnavailable(error: unknown): error is StoreUnavailableError {
  return error instanceof Error && error.name === 'StoreUnavailableError';
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function isStreamsError(error: unknown, code?: StreamsErrorCode): error is StreamsError {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const known = [
    'StreamsError',
    'TopologyError',
    'ConfigError',
    'RecordError',
    'StoreUnavailableError',
  ].includes(error.name);
  return known && (code === undefined || error.code === code);
}
