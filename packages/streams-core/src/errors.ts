export type StreamsErrorCode =
  | 'APP_STATE'
  | 'CONFIG_INVALID'
  | 'RECORD_DESERIALIZATION'
  | 'RECORD_PROCESSING'
  | 'RECORD_PRODUCTION'
  | 'TOPOLOGY_INVALID'
  | 'TOPOLOGY_NAME_TAKEN'
  | 'TOPOLOGY_NOT_COPARTITIONED'
  | 'TOPOLOGY_SERDE_MISSING'
  | 'TOPOLOGY_STORE_MISSING'
  | 'TOPOLOGY_TOPIC_MISSING'
  | 'TOPOLOGY_TOPIC_SETTINGS';

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

  constructor(message: string) {
    super('CONFIG_INVALID', message);
  }
}

/** Where in the input a record came from. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** A record that could not be read, processed or written. `cause` is what the serde or your code threw. */
export class RecordError extends StreamsError {
  override readonly name = 'RecordError';
  readonly node: string;
  readonly origin: RecordOrigin | undefined;

  constructor(
    code: StreamsErrorCode,
    what: string,
    node: string,
    origin: RecordOrigin | undefined,
    cause: unknown,
  ) {
    const where =
      origin === undefined ? '' : ` (record ${origin.topic}-${origin.partition} @ ${origin.offset})`;
    super(code, `${what} at ${node}${where}: ${describeCause(cause)}`, { cause });
    this.node = node;
    this.origin = origin;
  }
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function isStreamsError(error: unknown, code?: StreamsErrorCode): error is StreamsError {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const known = ['StreamsError', 'TopologyError', 'ConfigError', 'RecordError'].includes(error.name);
  return known && (code === undefined || error.code === code);
}
