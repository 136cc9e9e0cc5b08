import assert from 'node:assert/strict';
import type { LogErrorCode } from '../errors.ts';
import type { Assignor, GroupOptions, LogClient, LogReader } from '../log-client.ts';
import { type LogRecord, noHeaders, type ProducerRecord } from '../record.ts';
import type { TopicPartition } from '../topic-partition.ts';

/** What each file of the suite gets: a test whose log is opened before and closed after it. */
export type LogTest = (name: string, body: (log: LogClient) => Promise<void>) => void;

let topics = 0;

/**
 * A topic's name that no other test of this process uses, so that the suite can run against a shared cluster.
 */
export function freshName(prefix: string): string {
  topics++;
  return `${prefix}-${process.pid}-${Date.now().toString(36)}-${topics}`;
}

export async function createTopic(log: LogClient, partitions: number): Promise<string> {
  const name = freshName('conformance');
  await log.admin.createTopics([{ name, partitions }]);
  return name;
}

export function record(key: string | null, value: string | null, timestamp = 1000): ProducerRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp,
    headers: noHeaders,
  };
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

/** An order for texts, nulls first. */
export function byText(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '');
}

export function values(records: readonly LogRecord[]): (string | null)[] {
  return records.map(({ value }) => text(value));
}

/** Polls until `count` records have come, or fails after ten seconds. */
export async function drain(reader: LogReader, count: number): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  const deadline = Date.now() + 10_000;
  while (found.length < count) {
    assert.ok(Date.now() < deadline, `only ${found.length} of ${count} records came within 10 s`);
    for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 })) found.push(...batch.records);
  }
  return found;
}

/** All records of a partition that were committed before the call. */
export async function readAll(log: LogClient, topic: string, partition: number): Promise<LogRecord[]> {
  const [range] = await log.admin.offsets([{ topic, partition }], { awaitTransactions: true });
  assert.ok(range !== undefined);
  const reader = await log.reader([{ topic, partition, offset: range.start }]);
  const records: LogRecord[] = [];
  const deadline = Date.now() + 10_000;
  for (let next = range.start; next < range.end; ) {
    assert.ok(Date.now() < deadline, `after 10 s at ${next} of ${range.end}, with ${records.length} records`);
    for (const batch of await reader.poll({ maxWaitMs: 100, maxRecords: 1000 })) {
      records.push(...batch.records);
      next = batch.nextOffset;
    }
  }
  await reader.close();
  return records;
}

/**
 * Polls until that is refused, or fails after ten seconds: a log need not know at once what it cannot read.
 */
export async function pollRefused(reader: LogReader, code: LogErrorCode): Promise<void> {
  const deadline = Date.now() + 10_000;
  const refused = async (): Promise<void> => {
    while (Date.now() < deadline) await reader.poll({ maxWaitMs: 50, maxRecords: 10 });
  };
  await rejectsWith(code, refused());
}

/** Tries until it holds, or for ten seconds: a change need not show at once. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      await holds();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export async function rejectsWith(
  code: LogErrorCode,
  promise: Promise<unknown>,
  message = /./,
): Promise<void> {
  await assert.rejects(promise, (error: Error & { code?: string }) => {
    assert.equal(error.name, 'LogError', String(error.stack));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

/** Deals partitions out one by one, in the order of the members' ids. */
export const roundRobin: Assignor = {
  name: 'round-robin',
  assign: (members, partitions) => dealt(members.map(({ id }) => id).sort(), partitions),
};

/** As `roundRobin`, but by user data: the member without any comes first, and always has partition 0. */
export const byUserData: Assignor = {
  name: 'by-user-data',
  assign: (members, partitions) =>
    dealt(
      members.toSorted((a, b) => Buffer.compare(a.userData, b.userData)).map(({ id }) => id),
      partitions,
    ),
};

function dealt(
  ids: readonly string[],
  partitions: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>(ids.map((id) => [id, []]));
  let turn = 0;
  for (const [topic, count] of partitions) {
    for (let partition = 0; partition < count; partition++) {
      assignment.get(ids[turn++ % ids.length]!)!.push({ topic, partition });
    }
  }
  return assignment;
}

/** Group options that record what happens to the member in `events`. */
export function groupOptions(
  group: string,
  topic: string,
  events: string[] = [],
  maxPollIntervalMs = 60_000,
): GroupOptions {
  const note = (event: string) => async (partitions: readonly TopicPartition[]) => {
    events.push(
      `${event} ${partitions
        .map(({ partition }) => partition)

        .sort((a, b) => a - b)
        .join(',')}`,
    );
  };
  return {
    group,
    topics: [topic],
    assignor: roundRobin,
    maxPollIntervalMs,
    onAssigned: note('assigned'),
    onRevoked: note('revoked'),
    onLost: note('lost'),
  };
}
