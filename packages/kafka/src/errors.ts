import { isLogError, LogError, type LogErrorCode } from '@millrace/log-client';

/** Kafka's errors that the same request may get over later, by itself. */
const passing = new Set([
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
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
  INVALID_CONFIG: 'LOG_INVALID_TOPIC',
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

/**
 * Kafka's name for an error, of this package's own requests or of kafkajs's; undefined for one of the
 * network.
 */
export function errorType(error: unknown): string | undefined {
  const { type, code } = error as { readonly type?: unknown; readonly code?: unknown };
  if (type === 'KAFKAJS_UNKNOWN_ERROR_CODE' && code === -99)
    return /code (\d+)/.exec(String(error))?.[1] === '90' ? 'PRODUCER_FENCED' : type;
  return typeof type === 'string' ? type : undefined;
}

function isAuthentication(error: unknown): boolean {
  return /SASL/.test((error as Error).name) || /SASL/.test(errorType(error) ?? '');
}

/** Whether the network failed, so that the outcome of the request is unknown. */
export function isConnectionError(error: unknown): boolean {
  const { name } = error as Error;
  return (
    !isAuthentication(error) &&
    /^KafkaJS(Connection|ConnectionClosed|RequestTimeout|LockTimeout|BrokerNotFound)/.test(name)
  );
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
 * The error in the log's terms, with what was being done. Messages name no credentials: kafkajs's never do.
 */
export function toLogError(error: unknown, what: string): LogError {
  if (isLogError(error)) return error;
  const remedy = isPassing(error) ? undefined : remedies[errorType(error) ?? ''];
  const message = `${what}: ${(error as Error).message}${remedy === undefined ? '' : `: ${remedy}`}`;
  const options = { cause: error };
  if (isAuthentication(error)) return new LogError('LOG_UNAUTHORIZED', message, options);
  if (isPassing(error)) return new LogError('LOG_TIMEOUT', message, options);
  return new LogError(codes[errorType(error) ?? ''] ?? 'LOG_BROKER', message, options);
}
