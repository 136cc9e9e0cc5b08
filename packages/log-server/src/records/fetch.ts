import type { AppendListener, PartitionLog } from '@millrace/embedded-log/raw';
import { errorCodes, fetchApi, type FetchResponse } from '@millrace/kafka-protocol/messages';
import { failureOf } from '../error-code.ts';
import { handler, type RequestContext } from '../handler.ts';

const readCommitted = 1;
/** From this version on topics are named by their ids. */
const byId = 13;
/** No session: each request names all its partitions, which every client goes along with. */
const noSession = 0;

type PartitionData = FetchResponse['responses'][number]['partitions'][number];

/** A partition that a request names. */
interface Wanted {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
  /** Undefined where it is not there. */
  readonly log: PartitionLog | undefined;
}

interface Fetched {
  readonly data: readonly PartitionData[];
  readonly bytes: number;
  /** Something is wrong, which the client should know at once. */
  readonly hasErrors: boolean;
}

interface FetchLimits {
  readonly maxBytes: number;
  readonly isCommitted: boolean;
  readonly version: number;
}

async function fetchAll(wanted: readonly Wanted[], limits: FetchLimits): Promise<Fetched> {
  const data: PartitionData[] = [];
  let bytes = 0;
  let hasErrors = false;
  for (const one of wanted) {
    const left = limits.maxBytes - bytes;
    const fetched = await fetchOne(one, { ...limits, maxBytes: Math.min(one.maxBytes, left) }, bytes === 0);
    bytes += fetched.bytes;
    hasErrors ||= fetched.data.errorCode !== errorCodes.NONE;
    data.push(fetched.data);
  }
  return { data, bytes, hasErrors };
}

async function fetchOne(
  { partition, offset, log }: Wanted,
  { maxBytes, isCommitted, version }: FetchLimits,
  isFirst: boolean,
): Promise<{ readonly data: PartitionData; readonly bytes: number }> {
  const refused = (
    errorCode: number,
    known = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 },
  ) => ({
    data: { partitionIndex: partition, errorCode, ...known, abortedTransactions: null, records: [] },
    bytes: 0,
  });
  if (log === undefined || log.isDeleted) {
    return refused(version >= byId ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  }
  const { start: logStartOffset, end: highWatermark, stableEnd: lastStableOffset } = log;
  const known = { highWatermark, lastStableOffset, logStartOffset };
  const end = isCommitted ? lastStableOffset : highWatermark;
  try {
    // One batch at least, whatever its size, or the client would never get past it.
    const records =
      maxBytes <= 0 && !isFirst ? [] : await log.readRaw(offset, { end, maxBytes: Math.max(1, maxBytes) });
    const bytes = records.reduce((sum, { length }) => sum + length, 0);
    const aborted = isCommitted ? (log.knownProducers?.abortedBetween(offset, end) ?? []) : null;
    return {
      data: {
        partitionIndex: partition,
        errorCode: errorCodes.NONE,
        ...known,
        abortedTransactions: aborted,
        records,
      },
      bytes,
    };
  } catch (error) {
    return refused(failureOf(error).errorCode, known);
  }
}

/** Resolves when there is more in one of the partitions, when the time is up, or the connection ends. */
function more(logs: readonly PartitionLog[], waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      for (const log of logs) log.listeners.delete(listener);
      resolve();
    };
    const listener: AppendListener = { onAppend: done };
    const timer = setTimeout(done, waitMs);
    signal.addEventListener('abort', done);
    for (const log of logs) log.listeners.add(listener);
  });
}

function wantedBy(
  topics: readonly {
    readonly topic: string;
    readonly topicId: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly fetchOffset: number;
      readonly partitionMaxBytes: number;
    }[];
  }[],
  { log, version }: RequestContext,
): Wanted[] {
  return topics.flatMap(({ topic, topicId, partitions }) => {
    const found = version >= byId ? log.raw.topicByUuid(topicId) : log.raw.state.topics.get(topic);
    return partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => ({
      topic,
      topicId,
      partition,
      offset: fetchOffset,
      maxBytes: partitionMaxBytes,
      log: found?.state[partition],
    }));
  });
}

/** Batches as they are; waits for some where there are none. */
export const handleFetch = handler(
  fetchApi,
  async ({ topics, maxWaitMs, minBytes, maxBytes, isolationLevel }, context) => {
    const { version, signal } = context;
    const limits = { maxBytes, isCommitted: isolationLevel === readCommitted, version };
    const wanted = wantedBy(topics, context);
    const logs = wanted.flatMap(({ log }) => log ?? []);
    const deadline = performance.now() + maxWaitMs;
    let fetched = await fetchAll(wanted, limits);
    while (!fetched.hasErrors && fetched.bytes < minBytes && !signal.aborted) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await more(logs, leftMs, signal);
      fetched = await fetchAll(wanted, limits);
    }
    const data = [...fetched.data];
    const responses = topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: data.splice(0, partitions.length),
    }));
    return { sessionId: noSession, responses };
  },
);
