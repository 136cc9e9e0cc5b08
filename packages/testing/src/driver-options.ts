import type { RecordError } from '@millrace/streams-core';
import {
  type DeserializationExceptionHandler,
  type DroppedRecordHandler,
  failOnDeserializationError,
  failOnProductionError,
  failOnRecordError,
  type ProcessingExceptionHandler,
  type ProductionExceptionHandler,
} from '@millrace/streams-core/runtime';
import type { TopologyRecorder } from './recording/topology-recorder.ts';
import type { StepRecorder } from './steps/step-recorder.ts';

export interface TopologyTestDriverOptions {
  /** Default `test-app`. */
  readonly applicationId?: string;
  /** Where the wall clock starts, in milliseconds. Default 0. */
  readonly initialWallClockMs?: number;
  readonly deserializationExceptionHandler?: DeserializationExceptionHandler;
  /**
   * For changes of tables that may wait until the next commit. Default 0: none. Every record is committed at
   * once.
   */
  readonly cacheMaxBytes?: number;
  /** Wall-clock time between results that wait for stream time to pass, in milliseconds. Default 0. */
  readonly emitIntervalMs?: number;
  readonly processingExceptionHandler?: ProcessingExceptionHandler;
  readonly productionExceptionHandler?: ProductionExceptionHandler;
  readonly droppedRecordHandler?: DroppedRecordHandler;
  /**
   * Topics that handlers of your own may send records to; those of `deadLetterTo` are known. As strict as an
   * app is.
   */
  readonly deadLetterTopics?: readonly string[];
  /**
   * Whether it is written down what each record does at each node, for `steps` and `explain`. Default: false.
   */
  readonly steps?: boolean;
  /** Keeps what is piped, to be saved and replayed. */
  readonly recorder?: TopologyRecorder;
}

export type DriverHandlers = Required<
  Pick<
    TopologyTestDriverOptions,
    | 'deserializationExceptionHandler'
    | 'processingExceptionHandler'
    | 'productionExceptionHandler'
    | 'droppedRecordHandler'
  >
>;

export function handlersOf({
  deserializationExceptionHandler = failOnDeserializationError,
  processingExceptionHandler = failOnRecordError,
  productionExceptionHandler = failOnProductionError,
  droppedRecordHandler = () => {},
}: TopologyTestDriverOptions): DriverHandlers {
  return {
    deserializationExceptionHandler,
    processingExceptionHandler,
    productionExceptionHandler,
    droppedRecordHandler,
  };
}

/** DriverHandlers that decide as they did, once the error is noted in its step. */
export function noting(handlers: DriverHandlers, steps: StepRecorder): DriverHandlers {
  const noted =
    <R, A>(handler: (error: RecordError, record: R) => A) =>
    (error: RecordError, record: R): A => {
      steps.failed(error);
      return handler(error, record);
    };
  return {
    ...handlers,
    deserializationExceptionHandler: noted(handlers.deserializationExceptionHandler),
    processingExceptionHandler: noted(handlers.processingExceptionHandler),
    productionExceptionHandler: noted(handlers.productionExceptionHandler),
  };
}
