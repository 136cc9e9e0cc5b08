import { errorCodes, errorName } from '@millrace/kafka-protocol/messages';
import { isLogError, LogError, type LogErrorCode } from '@millrace/log-client';

/** An error that a broker answered with. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  /** Kafka's name for it. */
  readonly type: string;

  constructor(type: string, detail?: string) {
    super(detail === undefined ? type : `${type} (${detail})`);
    this.type = type;
  }
}

/** A connection that could not be made or has broken: what became of requests on it is unknown. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** @throws KafkaError unless the code says that all is well */
export function assertOk(code: number, detail?: string): void {
  if (code !== errorCodes.NONE) throw new KafkaError(errorName(code), detail);
}

/** Kafka's errors that the same request may get over later, by itself. */
const passing = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
]);

const codes: Readonly<Record<string, LogErrorCode>> = {
  OFFSET_OUT_OF_RANGE: 'LOG_OFFSET_OUT_OF_RANGE',
  UNKNOWN_TOPIC_OR_PARTITION: 'LOG_UNKNOWN_TOPIC',
  MESSAGE_TOO_LARGE: 'LOG_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'LOG_TOO_LARGE',
  OFFSET_METADATA_TOO_LARGE: 'LOG_TOO_LARGE',
  INVALID_TOPIC_EXCEPTION: 'LOG_INVALID_TOPIC',
  INVALID_PARTITIONS: 'LOG_INVALID_TOPIC',
  INVALID_REPLICATION_FACTOR: 'LOG_INVALID_TOPIC',
  INVALID_CONFIG: 'LOG_INVALID_CONFIG',
  POLICY_VIOLATION: 'LOG_INVALID_TOPIC',
  INVALID_RECORD: 'LOG_INVALID_RECORD',
  INVALID_TIMESTAMP: 'LOG_INVALID_RECORD',
  CORRUPT_MESSAGE: 'LOG_CORRUPT',
  NON_EMPTY_GROUP: 'LOG_FENCED',
  GROUP_SUBSCRIBED_TO_TOPIC: 'LOG_FENCED',
  ILLEGAL_GENERATION: 'LOG_FENCED',
  UNKNOWN_MEMBER_ID: 'LOG_FENCED',
  FENCED_INSTANCE_ID: 'LOG_FENCED',
  INVALID_PRODUCER_EPOCH: 'LOG_FENCED',
  INVALID_PRODUCER_ID_MAPPING: 'LOG_FENCED',
  INVALID_TXN_STATE: 'LOG_FENCED',
  PRODUCER_FENCED: 'LOG_FENCED',
  TRANSACTION_COORDINATOR_FENCED: 'LOG_FENCED',
  TOPIC_AUTHORIZATION_FAILED: 'LOG_UNAUTHORIZED',
  GROUP_AUTHORIZATION_FAILED: 'LOG_UNAUTHORIZED',
  CLUSTER_AUTHORIZATION_FAILED: 'LOG_UNAUTHORIZED',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'LOG_UNAUTHORIZED',
  SASL_AUTHENTICATION_FAILED: 'LOG_UNAUTHORIZED',
  UNSUPPORTED_SASL_MECHANISM: 'LOG_UNAUTHORIZED',
};

/** What to do about errors that do not say it themselves. */
const remedies: Readonly<Record<string, string>> = {
  NON_EMPTY_GROUP: 'it has members: close them first',
  GROUP_SUBSCRIBED_TO_TOPIC: 'it has members that read the topic: close them first',
  MESSAGE_TOO_LARGE: "raise the topic's max.message.bytes, or lower maxBatchBytes",
  RECORD_LIST_TOO_LARGE: "raise the topic's segment.bytes, or lower maxBatchBytes",
  OFFSET_METADATA_TOO_LARGE:
    "raise the brokers' offset.metadata.max.bytes; stream times of operators go there",
  INVALID_TRANSACTION_TIMEOUT: "lower transactionTimeoutMs, or raise the brokers' transaction.max.timeout.ms",
  INVALID_SESSION_TIMEOUT: "keep sessionTimeoutMs within the brokers' group.min/max.session.timeout.ms",
  INVALID_REPLICATION_FACTOR: 'there are fewer brokers than replicationFactor asks for',
  TOPIC_AUTHORIZATION_FAILED: 'this user needs READ, WRITE, CREATE and DESCRIBE on the topic',
  GROUP_AUTHORIZATION_FAILED: 'this user needs READ on the group',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'this user needs WRITE and DESCRIBE on the transactional id',
};

/** Kafka's name for an error; undefined for one that no broker sent. */
export function errorType(error: unknown): string | undefined {
  return error instanceof KafkaError ? error.type : undefined;
}

export function isConnectionError(error: unknown): boolean {
  return error instanceof ConnectionError;
}

/** What a controller says of new topics while its brokers are only just coming back. */
function isFencedForNow(error: unknown): boolean {
  return (
    errorType(error) === 'INVALID_REPLICATION_FACTOR' && /brokers are currently fenced/.test(String(error))
  );
}

export function isPassing(error: unknown): boolean {
  return isConnectionError(error) || passing.has(errorType(error) ?? '') || isFencedForNow(error);
}

/**
 * The error in the log's terms, with what was being done.
 */
export function toLogError(error: unknown, what: string): LogError {
  if (isLogError(error)) return error;
  const remedy = isPassing(error) ? undefined : remedies[errorType(error) ?? ''];
  const message = `${what}: ${(error as Error).message}${remedy === undefined ? '' : `: ${remedy}`}`;
  const options = { cause: error };
  if (isPassing(error)) return new LogError('LOG_TIMEOUT', message, options);
  return new LogError(codes[errorType(error) ?? ''] ?? 'LOG_BROKER', message, options);
}
