import { asBuffer, type LogClient, type LogRecord, type ProducerRecord } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import { ConfigError } from '../../errors.ts';
import { changelogName } from '../../topology/built/internal-topics.ts';
import type { Topology } from '../../topology/built/topology.ts';
import { type PartitionRange, readRange } from './read-range.ts';

export interface MigrateStateOptions {
  readonly applicationId: string;
  readonly log: LogClient;
  /** Counts, and writes nothing. */
  readonly dryRun?: boolean;
  /** Called now and then with the records read so far, of how many. */
  readonly onProgress?: (read: number, total: number) => void;
}

/** A store whose values have versions. */
export interface MigratedStore {
  readonly store: string;
  /** Rows in its changelog. */
  readonly rows: number;
  /** Those that an earlier version had written. */
  readonly migrated: number;
  /** Why its rows are left as they are. */
  readonly skipped?: string;
}

interface Changelog extends PartitionRange {
  readonly spec: StoreSpec;
}

/** So many rows are written in one commit. */
const commitRows = 5000;
/** Kinds whose changelog has a value as its serde writes it. */
const plainKinds: ReadonlySet<string> = new Set(['key-value', 'window', 'session', 'versioned']);

/**
 * Writes the rows of stores whose serdes have versions (`evolving`) in the present one, so that the steps
 * before it are no longer needed. Works on the changelogs of an application that does not run: instances read
 * the rows when they start. @throws ConfigError where it runs
 */
export async function migrateState(
  topology: Topology,
  { applicationId, log, dryRun = false, onProgress = () => {} }: MigrateStateOptions,
): Promise<MigratedStore[]> {
  await assertStopped(log, applicationId);
  const stores = [...topology.stores.values()].filter(({ value }) => value.isCurrent !== undefined);
  const [plain, others] = [stores.filter(isPlain), stores.filter((spec) => !isPlain(spec))];
  const changelogs = await changelogsOf(plain, applicationId, log);
  const total = changelogs.reduce((sum, { start, end }) => sum + end - start, 0);
  let read = 0;
  const counts = new Map(plain.map(({ name }) => [name, { rows: 0, migrated: 0 }]));
  for (const changelog of changelogs) {
    const count = counts.get(changelog.spec.name)!;
    const last = await lastOffsets(log, changelog);
    count.rows += last.size;
    for await (const rows of earlierRows(log, changelog, last)) {
      count.migrated += rows.length;
      if (!dryRun) await rewrite(log, applicationId, changelog, rows);
    }
    read += changelog.end - changelog.start;
    onProgress(read, total);
  }
  const skipped = others.map((spec) => {
    return { store: spec.name, rows: 0, migrated: 0, skipped: whySkipped(spec) };
  });
  return [...[...counts].map(([store, count]) => ({ store, ...count })), ...skipped];
}

function whySkipped({ sourceTopic, logging }: StoreSpec): string {
  if (sourceTopic !== undefined) return `its rows are those of topic ${sourceTopic}`;
  return logging ? 'its rows are soon gone' : 'it has no changelog';
}

function isPlain({ kind, logging, sourceTopic }: StoreSpec): boolean {
  return plainKinds.has(kind) && sourceTopic === undefined && logging !== false;
}

async function assertStopped(log: LogClient, applicationId: string): Promise<void> {
  const members = (await log.admin.describeGroup(applicationId))?.members.length ?? 0;
  if (members === 0) return;
  throw new ConfigError(
    `The state of "${applicationId}" cannot be migrated while it runs: it has ${members} instance${members === 1 ? '' : 's'}. Stop them first`,
  );
}

async function changelogsOf(
  specs: readonly StoreSpec[],
  applicationId: string,
  log: LogClient,
): Promise<Changelog[]> {
  const names = specs.map(({ name }) => changelogName(applicationId, name));
  const topics = await log.admin.topics(names);
  const partitions = specs.flatMap((spec) => {
    const topic = changelogName(applicationId, spec.name);
    const count = topics.get(topic)?.partitions ?? 0;
    return Array.from({ length: count }, (_, partition) => ({ spec, topic, partition }));
  });
  const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
  return partitions.map((one, index) => ({ ...one, ...ranges[index]! }));
}

async function* recordsOf(log: LogClient, changelog: Changelog): AsyncGenerator<LogRecord> {
  for await (const records of readRange(log, changelog)) yield* records;
}

/** What of a changelog is one row: of a versioned store each version of a key. */
function rowOf({ kind }: StoreSpec, { key, timestamp }: LogRecord): string {
  const text = asBuffer(key!).toString('latin1');
  return kind === 'versioned' ? `${timestamp} ${text}` : text;
}

/** The offset of the last record of each row that is there. */
async function lastOffsets(log: LogClient, changelog: Changelog): Promise<Map<string, number>> {
  const last = new Map<string, number>();
  for await (const record of recordsOf(log, changelog)) {
    if (record.key === null) continue;
    if (record.value === null) last.delete(rowOf(changelog.spec, record));
    else last.set(rowOf(changelog.spec, record), record.offset);
  }
  return last;
}

/** Rows as they are now, of an earlier version, some at a time. */
async function* earlierRows(
  log: LogClient,
  changelog: Changelog,
  last: ReadonlyMap<string, number>,
): AsyncGenerator<LogRecord[]> {
  const { value: serde } = changelog.spec;
  let rows: LogRecord[] = [];
  for await (const record of recordsOf(log, changelog)) {
    const { key, value, offset } = record;
    if (key === null || value === null || last.get(rowOf(changelog.spec, record)) !== offset) continue;
    if (serde.isCurrent!(value)) continue;
    rows.push(record);
    if (rows.length < commitRows) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function rewrite(
  log: LogClient,
  group: string,
  { spec, topic, partition }: Changelog,
  rows: readonly LogRecord[],
): Promise<void> {
  const serde = spec.value as StoreSpec<unknown, unknown>['value'];
  const records = rows.map(
    ({ key, value, timestamp, headers }): ProducerRecord => ({
      key,
      value: serde.serialize(serde.deserialize(value!)),
      timestamp,
      headers,
    }),
  );
  const producer = await log.producer();
  // With offsets of none: refused where an instance has started meanwhile.
  await producer.commit({ records: [{ topic, partition, records }], offsets: { group, commits: [] } });
  await producer.close();
}
