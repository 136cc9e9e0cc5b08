import { Refusal } from '@millrace/embedded-log/raw';
import { errorCodes, type KafkaErrorName } from '@millrace/kafka-protocol/messages';
import { isLogError, type LogErrorCode } from '@millrace/log-client';

const names: Readonly<Partial<Record<LogErrorCode, KafkaErrorName>>> = {
  LOG_CORRUPT: 'KAFKA_STORAGE_ERROR',
  LOG_FENCED: 'NON_EMPTY_GROUP',
  LOG_FULL: 'KAFKA_STORAGE_ERROR',
  LOG_INVALID_CONFIG: 'INVALID_CONFIG',
  LOG_INVALID_RECORD: 'INVALID_RECORD',
  LOG_INVALID_TOPIC: 'INVALID_TOPIC_EXCEPTION',
  LOG_IO: 'KAFKA_STORAGE_ERROR',
  // Its clients look for another owner of the log.
  LOG_CLOSED: 'NOT_LEADER_OR_FOLLOWER',
  LOG_OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
  LOG_READ_ONLY: 'KAFKA_STORAGE_ERROR',
  LOG_TOO_LARGE: 'MESSAGE_TOO_LARGE',
  LOG_TOPIC_EXISTS: 'TOPIC_ALREADY_EXISTS',
  LOG_UNKNOWN_TOPIC: 'UNKNOWN_TOPIC_OR_PARTITION',
};

export interface Failure {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export const noFailure: Failure = { errorCode: errorCodes.NONE, errorMessage: null };

export function failure(name: KafkaErrorName, errorMessage: string | null = null): Failure {
  return { errorCode: errorCodes[name], errorMessage };
}

/** An error of the log in Kafka's terms. Throws what is neither the log's nor the client's. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return failure(error.type, error.message);
  const name = isLogError(error) ? names[error.code] : undefined;
  if (name === undefined) throw error;
  return failure(name, (error as Error).message);
}

/** Does something, and says how it went. */
export async function outcomeOf(action: () => unknown): Promise<Failure> {
  try {
    await action();
    return noFailure;
  } catch (error) {
    return failureOf(error);
  }
}
