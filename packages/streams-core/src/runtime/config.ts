import { isLegalName, legalNames, type LogClient } from '@millrace/log-client';
import { z } from 'zod';
import { type Logger, warningsOnly } from '../logger.ts';
import type { Tracing } from '../tracing.ts';
import type { RecordingLevel } from './metrics/recorder.ts';
import { ConfigError } from '../errors.ts';
import {
  type DeserializationExceptionHandler,
  deadLetterTopicsOf,
  type DroppedRecordHandler,
  failOnProductionError,
  failOnDeserializationError,
  failOnRecordError,
  type InputListener,
  type OffsetResetListener,
  type ProcessingExceptionHandler,
  type ProductionExceptionHandler,
  type StateRestoreListener,
  type UncaughtExceptionHandler,
  warnOfOffsetReset,
} from '../handlers.ts';

/** How a StreamsApp runs. Times are in milliseconds. */
export interface StreamsConfig {
  /** Names the consumer group, the internal topics and the state folder. */
  readonly applicationId: string;
  readonly log: LogClient;
  /**
   * Where other instances reach this one, as `host:port`: what `metadataForAllStreamsClients` and
   * `queryMetadataForKey` give.
   */
  readonly applicationServer?: string;
  /**
   * How many other instances keep a copy of each persistent store with a changelog, to take its task over at
   * once. Each instance needs a `stateDir` of its own. Default 0.
   */
  readonly numStandbyReplicas?: number;
  /**
   * A task whose stores are further behind than so many changelog records does not move to an instance before
   * a copy there has caught up. Default 10,000.
   */
  readonly acceptableRecoveryLag?: number;
  /** How many tasks of the whole group may catch up at a time in order to move. Default 2. */
  readonly maxWarmupReplicas?: number;
  /**
   * Where stores keep their files, in a folder of the application's name. Needed where a store is persistent.
   */
  readonly stateDir?: string;
  /**
   * The state of a task that has moved away is deleted once nothing was written to it for so long. Infinity:
   * never. Default 10 minutes.
   */
  readonly stateCleanupDelayMs?: number;
  /**
   * `exactly_once` (default): results, changelogs and offsets in one commit. `at_least_once`: results and
   * changelogs as soon as they are there, offsets by the commit interval.
   */
  readonly processingGuarantee?: 'exactly_once' | 'at_least_once';
  /**
   * The longest time between commits while there is work. An app that has caught up commits at once. Default
   * 100.
   */
  readonly commitIntervalMs?: number;
  /** How long to wait for records when there is nothing to do. Default 100. */
  readonly pollMs?: number;
  /** About how many records one poll asks for. Default 1000. */
  readonly maxPollRecords?: number;
  /** A partition with more waiting records is not polled until they are fewer. Default 1000. */
  readonly maxBufferedRecords?: number;
  /** Bytes of results at which a task commits before its time. Default 16 MiB. */
  readonly maxUncommittedBytes?: number;
  /** An instance that does not poll for this long loses its tasks to the others. Default 5 minutes. */
  readonly maxPollIntervalMs?: number;
  /**
   * Bytes of changes of tables that may wait for a commit, of each row the last only. Default 0: every change
   * goes on.
   */
  readonly cacheMaxBytes?: number;
  /**
   * Results that wait for stream time to pass come out at most so often, in wall-clock time. Default 0: as
   * soon as they can.
   */
  readonly emitIntervalMs?: number;
  /**
   * A task without records for this long moves its stream time on with the wall clock, so that windows close
   * and what waits for time goes on; records that come later may then be late. Default: never.
   */
  readonly idleAdvanceMs?: number;
  /** How often to delete from repartition topics what has been processed. Default 30 seconds. */
  readonly repartitionPurgeIntervalMs?: number;
  /**
   * How much longer than its store a changelog of windows keeps them. Brokers compare a record's time with
   * their own clock: an app that processes history needs Infinity, which keeps them for good. Default a day.
   */
  readonly windowStoreChangelogAdditionalRetentionMs?: number;
  /**
   * How often to look for input topics that were deleted, created again or given more partitions, and for new
   * ones that a pattern matches; also how long to wait for one that has gone. Default 30 seconds.
   */
  readonly topicRefreshMs?: number;
  readonly deserializationExceptionHandler?: DeserializationExceptionHandler;
  readonly processingExceptionHandler?: ProcessingExceptionHandler;
  readonly productionExceptionHandler?: ProductionExceptionHandler;
  /**
   * Called for each record that an operator skips (null key, late, bad timestamp); may send its input to a
   * topic.
   */
  readonly droppedRecordHandler?: DroppedRecordHandler;
  /** Topics that handlers of your own may send records to; those of `deadLetterTo` are known. */
  readonly deadLetterTopics?: readonly string[];
  /** `both`: `json(schema)` checks what it writes too, to topics and stores. Default `read`. */
  readonly validate?: 'read' | 'both';
  /**
   * Starts although the topology no longer fits the state that the application has: stores that were renamed
   * or changed start empty. Default false: the app says what would be lost and does not start.
   */
  readonly allowTopologyChange?: boolean;
  /**
   * Default: shut down. A restart takes up the work from the last commit, after a pause that doubles with
   * each failure.
   */
  readonly uncaughtExceptionHandler?: UncaughtExceptionHandler;
  /**
   * How much is measured, for `readMetrics`: `info` (default) by round and commit, `debug` the records of
   * each node too, `off` nothing.
   */
  readonly recordingLevel?: RecordingLevel;
  /**
   * Told of states, rebalances, restores, skipped records and failures; `pino()` is one. Default: warnings as
   * process warnings, errors on stderr.
   */
  readonly logger?: Logger;
  /**
   * Follows records from topic to topic: `openTelemetryTracing()` of @millrace/app-server. Default: they are
   * not traced.
   */
  readonly tracing?: Tracing;
  /**
   * Called with all input as it is taken in: a `TopologyRecorder` of @millrace/testing keeps it, to be gone
   * through with `millrace debug`.
   */
  readonly inputListener?: InputListener;
  readonly stateRestoreListener?: StateRestoreListener;
  /**
   * Called when a committed offset is out of range and the position was reset. Default: a process warning.
   */
  readonly offsetResetListener?: OffsetResetListener;
}

export type ResolvedConfig = Required<
  Omit<StreamsConfig, 'stateDir' | 'idleAdvanceMs' | 'applicationServer' | 'tracing' | 'inputListener'>
> & {
  readonly inputListener: InputListener | undefined;
  readonly applicationServer: string | undefined;
  readonly stateDir: string | undefined;
  readonly idleAdvanceMs: number | undefined;
  readonly tracing: Tracing | undefined;
};

const shutDown: UncaughtExceptionHandler = () => 'shutdown';
const wholeMs = (min: number) => z.int().min(min);
const wholeMsOrEndless = z.custom<number>(
  (value) => value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && Number(value) >= 0),
  'expected whole milliseconds, or Infinity',
);
const aFunction = <F>() => z.custom<F>((value) => typeof value === 'function', 'expected a function');

/** So that the names of internal topics have room after it. */
const maxIdLength = 100;

const schema = z.strictObject({
  applicationId: z
    .string()
    .refine((id) => isLegalName(id, maxIdLength), `expected 1 to ${maxIdLength} ${legalNames}`),
  log: z.custom<LogClient>(
    (value) => typeof value === 'object' && value !== null && 'join' in value && 'admin' in value,
    'expected a LogClient, e.g. await EmbeddedLog.open({ dir })',
  ),
  applicationServer: z
    .string()
    .regex(/^\S+:\d{1,5}$/, 'expected host:port')
    .optional(),
  numStandbyReplicas: wholeMs(0).default(0),
  acceptableRecoveryLag: wholeMsOrEndless.default(10_000),
  maxWarmupReplicas: wholeMs(1).default(2),
  stateDir: z.string().min(1).optional(),
  processingGuarantee: z.enum(['exactly_once', 'at_least_once']).default('exactly_once'),
  commitIntervalMs: wholeMs(0).default(100),
  pollMs: wholeMs(0).default(100),
  maxPollRecords: wholeMs(1).default(1000),
  maxBufferedRecords: wholeMs(1).default(1000),
  maxUncommittedBytes: wholeMs(1).default(16 << 20),
  maxPollIntervalMs: wholeMs(1).default(300_000),
  deserializationExceptionHandler: aFunction<DeserializationExceptionHandler>().default(
    () => failOnDeserializationError,
  ),
  cacheMaxBytes: wholeMs(0).default(0),
  emitIntervalMs: wholeMs(0).default(0),
  idleAdvanceMs: wholeMs(1).optional(),
  stateCleanupDelayMs: wholeMsOrEndless.default(600_000),
  topicRefreshMs: wholeMs(1).default(30_000),
  repartitionPurgeIntervalMs: wholeMs(1).default(30_000),
  windowStoreChangelogAdditionalRetentionMs: wholeMsOrEndless.default(86_400_000),
  offsetResetListener: aFunction<OffsetResetListener>().default(() => warnOfOffsetReset),
  processingExceptionHandler: aFunction<ProcessingExceptionHandler>().default(() => failOnRecordError),
  productionExceptionHandler: aFunction<ProductionExceptionHandler>().default(() => failOnProductionError),
  droppedRecordHandler: aFunction<DroppedRecordHandler>().default(() => () => {}),
  deadLetterTopics: z.array(z.string()).default([]),
  validate: z.enum(['read', 'both']).default('read'),
  allowTopologyChange: z.boolean().default(false),
  logger: z
    .custom<Logger>(
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        ['debug', 'info', 'warn', 'error'].every((name) => typeof (value as never)[name] === 'function'),
      'expected debug, info, warn and error, e.g. pino()',
    )
    .default(warningsOnly),
  recordingLevel: z.enum(['off', 'info', 'debug']).default('info'),
  uncaughtExceptionHandler: aFunction<UncaughtExceptionHandler>().default(() => shutDown),
  tracing: z
    .custom<Tracing>(
      (value) => typeof value === 'object' && value !== null && 'process' in value && 'produce' in value,
      'expected a Tracing, e.g. openTelemetryTracing()',
    )
    .optional(),
  inputListener: aFunction<InputListener>().optional(),
  stateRestoreListener: z
    .custom<StateRestoreListener>(
      (value) => typeof value === 'object' && value !== null,
      'expected an object',
    )
    .default({}),
});

/** Fills in defaults. @throws ConfigError naming each wrong option, what it got and what was expected */
export function resolveConfig(config: StreamsConfig): ResolvedConfig {
  const parsed = schema.safeParse(config);
  if (parsed.success) {
    const { data } = parsed;
    const handlers = [
      data.deserializationExceptionHandler,
      data.processingExceptionHandler,
      data.productionExceptionHandler,
      data.droppedRecordHandler,
    ];
    const deadLetterTopics = deadLetterTopicsOf(handlers, data.deadLetterTopics);
    const { applicationServer, stateDir, idleAdvanceMs, tracing, inputListener } = data;
    return { ...data, applicationServer, stateDir, idleAdvanceMs, tracing, inputListener, deadLetterTopics };
  }
  const issues = parsed.error.issues.map((issue) => {
    const name =
      issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : 'config');
    const got = issue.path.length === 0 ? '' : `, got ${show(config, issue.path)}`;
    return issue.code === 'unrecognized_keys'
      ? `"${name}" is no option; the options are ${Object.keys(schema.shape).join(', ')}`
      : `"${name}": ${issue.message}${got}`;
  });
  throw new ConfigError(`StreamsApp: ${issues.join('; ')}`);
}

function show(config: unknown, path: readonly PropertyKey[]): string {
  let value = config;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return typeof value === 'object' ? 'an object' : (JSON.stringify(value) ?? typeof value);
}
