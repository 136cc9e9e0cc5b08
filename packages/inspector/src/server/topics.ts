import { asBuffer, type LogRecord, type Serde } from '@millrace/log-client';
import { type DeadLetter, deadLetterIn } from './dead-letters.ts';
import type { KnownTopic, TopicRole } from './known-topics.ts';
import type { Subject } from './subject.ts';

export interface TopicView {
  readonly name: string;
  readonly role: TopicRole;
  readonly partitions: readonly {
    readonly start: number;
    readonly end: number;
    /** What the app has committed; undefined where it reads nothing of it. */
    readonly committed: number | undefined;
    readonly bytes: number;
  }[];
}

export interface RecordView {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: unknown;
  readonly value: unknown;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
  /** Of a dead letter: what happened, and where it came from. */
  readonly deadLetter?: DeadLetter;
}

/** What was asked for of a topic's records. */
export interface TailRequest {
  /** By partition, where to go on; left out: the last records. */
  readonly after: ReadonlyMap<number, number>;
  readonly limit: number;
  /** Only records whose key or value, as text, has this in it. */
  readonly filter: string;
}

export interface TopicTail {
  readonly records: readonly RecordView[];
  /** By partition, where the next request goes on. */
  readonly next: readonly number[];
}

/** A topic that is not there, or that the app neither reads nor writes. */
export class UnknownTopicError extends Error {
  override readonly name = 'UnknownTopicError';
}

/** Every topic that is there, with its offsets and sizes. */
export async function topicViews(subject: Subject): Promise<TopicView[]> {
  const known = await subject.topics();
  const { admin } = subject.log;
  const found = await admin.topics([...known.keys()]);
  const partitions = [...found.values()].flatMap(({ name, partitions: count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic: name, partition })),
  );
  const [offsets, sizes, committed] = await Promise.all([
    admin.offsets(partitions),
    admin.sizes(partitions),
    subject.group === undefined ? [] : admin.committed(subject.group, partitions),
  ]);
  const views = new Map<string, TopicView & { readonly partitions: TopicView['partitions'][number][] }>();
  for (const [index, { topic }] of partitions.entries()) {
    const view = views.get(topic) ?? { name: topic, role: known.get(topic)!.role, partitions: [] };
    views.set(topic, view);
    const { start, end } = offsets[index]!;
    view.partitions.push({ start, end, committed: committed[index]?.offset, bytes: sizes[index]! });
  }
  return [...views.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Records of a topic: the last ones, or those after a tail. @throws UnknownTopicError */
export async function tailOf(subject: Subject, name: string, request: TailRequest): Promise<TopicTail> {
  const { log } = subject;
  const topic = (await subject.topics()).get(name);
  const info = (await log.admin.topics([name])).get(name);
  if (topic === undefined || info === undefined) {
    throw new UnknownTopicError(`Topic "${name}" is none that this app reads or writes, or is not there yet`);
  }
  const partitions = Array.from({ length: info.partitions }, (_, partition) => ({ topic: name, partition }));
  const offsets = await log.admin.offsets(partitions);
  const share = Math.ceil(request.limit / partitions.length);
  const next = offsets.map(({ start, end }, partition) =>
    Math.max(start, request.after.get(partition) ?? end - share),
  );
  const positions = partitions
    .map((one) => ({ ...one, offset: next[one.partition]! }))
    .filter(({ offset, partition }) => offset < offsets[partition]!.end);
  const records: RecordView[] = [];
  if (positions.length === 0) return { records, next };
  const reader = await log.reader(positions);
  try {
    // What comes meanwhile is for the next request.
    while (
      records.length < request.limit &&
      partitions.some(({ partition }) => next[partition]! < offsets[partition]!.end)
    ) {
      const batches = await reader.poll({ maxWaitMs: 1000, maxRecords: request.limit });
      if (batches.length === 0) break;
      for (const { partition, records: found, nextOffset } of batches) {
        next[partition] = nextOffset;
        for (const record of found) {
          const view = recordView(record, partition, topic);
          if (matches(view, request.filter)) records.push(view);
        }
      }
    }
  } finally {
    await reader.close();
  }
  return { records: records.toSorted((a, b) => a.timestamp - b.timestamp).slice(-request.limit), next };
}

/** A record as the page shows it. */
export function recordView(
  { key, value, timestamp, offset, headers }: LogRecord,
  partition: number,
  topic: KnownTopic,
): RecordView {
  const deadLetter = topic.role === 'dead letters' ? deadLetterIn(headers) : undefined;
  return {
    ...(deadLetter === undefined ? {} : { deadLetter }),
    partition,
    offset,
    timestamp,
    key: decoded(key, topic.key),
    value: decoded(value, topic.value),
    headers: headers.map((header) => ({
      key: header.key,
      value: header.value === null ? null : asBuffer(header.value).toString('utf8'),
    })),
  };
}

/** A value as its serde reads it, or as text: changelogs of some stores hold more than a value. */
function decoded(bytes: Uint8Array | null, serde: Serde<unknown> | undefined): unknown {
  if (bytes === null) return null;
  try {
    const value = serde?.deserialize(bytes);
    if (value !== undefined && !(value instanceof Uint8Array)) return value;
  } catch {
    // Shown as it is.
  }
  return asBuffer(bytes).toString('utf8');
}

function matches({ key, value }: RecordView, filter: string): boolean {
  return filter === '' || asText(key).includes(filter) || asText(value).includes(filter);
}

/** As JSON, bigints as texts. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? '';
}
