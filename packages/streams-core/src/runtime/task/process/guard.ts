import type { LogRecord } from '@millrace/log-client';
import { isStoreError } from '@millrace/state-stores';
import { isStreamsError, RecordError } from '../../../errors.ts';
import type { Forward, StreamRecord } from '../../../record/record.ts';
import type { NamedNode } from '../../../topology/graph/nodes.ts';
import type { DropReason } from '../../../topology/operator.ts';
import type { ProcessingExceptionHandler, RecordResponse } from '../../../handlers.ts';
import { sendToDeadLetters } from '../output/dead-letters.ts';
import type { RecordCollector } from '../output/record-collector.ts';
import type { TaskClock } from '../task-clock.ts';
import type { TopicDirectory } from '../topic-directory.ts';

export interface GuardOptions {
  readonly collector: RecordCollector;
  readonly directory: TopicDirectory;
  readonly clock: TaskClock;
  readonly onProcessingError: ProcessingExceptionHandler;
  readonly dropped: (reason: DropReason | undefined, node: string) => void;
}

/** Errors that a handler has let stand, so that nodes further up do not ask again. */
const decided = new WeakSet<Error>();

/**
 * Says which node an error came from, and lets the handler decide what becomes of the record: the innermost
 * node does, so that after `continue` all others go on with it. What stores have taken in stays.
 */
export function guard(node: NamedNode, forward: Forward, options: GuardOptions): Forward {
  const fail = (cause: unknown, record: StreamRecord<unknown, unknown>): void => {
    if (cause instanceof Error && decided.has(cause)) throw cause;
    handleError(node, cause, record, options);
  };
  return (record) => {
    try {
      const pending = forward(record);
      return pending === undefined ? undefined : pending.catch((cause: unknown) => fail(cause, record));
    } catch (cause) {
      return fail(cause, record);
    }
  };
}

/** Asks the handler what to do about an error at a node. @throws RecordError where the answer is to fail */
export function handleError(
  node: NamedNode,
  cause: unknown,
  record: StreamRecord<unknown, unknown> | undefined,
  options: GuardOptions,
): void {
  // State that cannot be read or written is no fault of the record: leaving the record out would lose good
  // input.
  if (isStoreError(cause)) throw cause;
  const { clock, onProcessingError, dropped } = options;
  const isNamed = isStreamsError(cause) && cause.name === 'RecordError';
  const error = isNamed
    ? (cause as RecordError)
    : new RecordError('RECORD_PROCESSING', {
        what: 'A record could not be processed',
        node: node.name,
        addedAt: node.addedAt,
        origin: clock.origin,
        cause,
      });
  // What cannot be written was the sink's to decide.
  const response = error.code === 'RECORD_PROCESSING' ? onProcessingError(error, record) : 'fail';
  if (response === 'fail') {
    decided.add(error);
    throw error;
  }
  dropped('failed', node.name);
  deadLetter(response, error, clock.raw, options);
}

/** Sends the record that a task is working on where a handler said. */
export function deadLetter(
  response: RecordResponse,
  error: RecordError,
  raw: LogRecord | undefined,
  { collector, directory }: Pick<GuardOptions, 'collector' | 'directory'>,
): void {
  if (response === 'fail' || response === 'continue' || raw === undefined) return;
  sendToDeadLetters(response.deadLetterTopic, raw, error, { collector, directory });
}
