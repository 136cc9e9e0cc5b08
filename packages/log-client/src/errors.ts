/**
 * Every way in which a log can refuse, and whether the same call may succeed later without anyone stepping
 * in.
 */
export const logErrorCodes = {
  LOG_BROKER: { retriable: false, meaning: 'a broker refused a request; the message says why' },
  LOG_CLOSED: { retriable: false, meaning: 'the log or this client of it has been closed' },
  LOG_CONFIG: { retriable: false, meaning: 'a wrong option of the log or its client' },
  LOG_CORRUPT: {
    retriable: false,
    meaning: 'stored bytes do not match their checksum or contradict each other',
  },
  LOG_FENCED: { retriable: false, meaning: 'the caller no longer owns what it tries to commit' },
  LOG_FULL: { retriable: false, meaning: 'no room on the device; nothing of the commit was kept' },
  LOG_INVALID_CONFIG: {
    retriable: false,
    meaning: 'a setting of a topic that is unknown, or a value it cannot have',
  },
  LOG_INVALID_RECORD: { retriable: false, meaning: 'a record that a log cannot hold' },
  LOG_INVALID_TOPIC: { retriable: false, meaning: 'an illegal topic name or number of partitions' },
  LOG_IO: { retriable: false, meaning: 'the file system refused a call' },
  LOG_LOCKED: { retriable: false, meaning: 'another process or another log object owns the folder' },
  LOG_OFFSET_OUT_OF_RANGE: {
    retriable: false,
    meaning: 'an offset before the start or past the end of a partition',
  },
  LOG_READ_ONLY: {
    retriable: false,
    meaning: 'a failed sync left the log read-only until it is opened again',
  },
  LOG_TIMEOUT: { retriable: true, meaning: 'no answer in time; the outcome is unknown' },
  LOG_TOO_LARGE: { retriable: false, meaning: 'a record or commit beyond the configured limit' },
  LOG_TOPIC_EXISTS: { retriable: false, meaning: 'a topic of that name exists with other settings' },
  LOG_UNAUTHORIZED: {
    retriable: false,
    meaning: 'the credentials are not accepted, or do not allow what was asked for',
  },
  LOG_UNKNOWN_TOPIC: { retriable: false, meaning: 'no such topic or partition' },
} as const satisfies Record<string, { retriable: boolean; meaning: string }>;

export type LogErrorCode = keyof typeof logErrorCodes;

/**
 * The one record that a log refuses of what it was to write: its place in the list of entries, and in that
 * entry's records.
 */
export interface RejectedRecord {
  readonly entry: number;
  readonly index: number;
}

export interface LogErrorOptions extends ErrorOptions {
  readonly rejected?: RejectedRecord;
}

/** An error of a log. Tell cases apart by `code`, which is stable; the message is for people. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly retriable: boolean;
  /** Where a single record was refused: without it the rest would be written. */
  readonly rejected: RejectedRecord | undefined;

  constructor(code: LogErrorCode, message: string, { rejected, ...options }: LogErrorOptions = {}) {
    super(message, options);
    this.rejected = rejected;
    this.code = code;
    this.retriable = logErrorCodes[code].retriable;
  }
}

/** Recognises a LogError by its code, so that two copies of this package in one process agree. */
export function isLogError(error: unknown, code?: LogErrorCode): error is LogError {
  if (!(error instanceof Error) || error.name !== 'LogError') return false;
  return code === undefined || (error as LogError).code === code;
}
