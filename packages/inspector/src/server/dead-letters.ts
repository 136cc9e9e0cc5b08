import type { Header } from '@millrace/log-client';
import {
  bytes,
  nullable,
  type RecordPlace,
  records,
  type StreamsApp,
  topic,
  type TopicRecord,
} from '@millrace/streams-core';
import { knownTopics } from './known-topics.ts';

/** The headers of KIP-1034 begin with this. */
const prefix = '__streams.errors.';

/** What has become of a record that is in a topic for dead letters. */
export interface DeadLetter {
  /** What was thrown, or why it was left out. */
  readonly reason: string;
  readonly message: string;
  readonly topic: string;
  readonly partition: number;
  /** Undefined for a result, which never got a place. */
  readonly offset: number | undefined;
}

/** Whether, and why, a record was sent where it is; undefined for any other record. */
export function deadLetterIn(headers: readonly Header[]): DeadLetter | undefined {
  // Of several the last one counts: it may have failed again.
  const read = (name: string): string | undefined => {
    const value = headers.findLast(({ key }) => key === prefix + name)?.value;
    return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8');
  };
  const [from, partition, offset] = [read('topic'), read('partition'), read('offset')];
  if (from === undefined || partition === undefined) return undefined;
  return {
    reason: read('exception') ?? read('reason') ?? 'unknown',
    message: read('message') ?? '',
    topic: from,
    partition: Number(partition),
    offset: offset === undefined ? undefined : Number(offset),
  };
}

/** It cannot be sent again. */
export class SendAgainError extends Error {
  override readonly name = 'SendAgainError';
}

/**
 * Writes a dead letter to the topic and partition that it came from, as it was: without the headers that say
 * what happened. It stays where it is too. Resolves to its new place.
 * @throws SendAgainError for what is no dead letter of this app, or lost its value
 */
export async function sendAgain(app: StreamsApp, place: RecordPlace): Promise<RecordPlace> {
  const { topic: name, partition, offset } = place;
  const at = `${name}-${partition} @ ${offset}`;
  if (!app.deadLetterTopics.includes(name))
    throw new SendAgainError(`"${name}" is no topic that this app sends dead letters to`);
  const record = await recordAt(app, place);
  if (record === undefined) throw new SendAgainError(`There is no record at ${at} any more`);
  const letter = deadLetterIn(record.headers);
  if (letter === undefined) throw new SendAgainError(`The record at ${at} does not say where it came from`);
  if (letter.reason === 'LOG_TOO_LARGE' && record.value === null)
    throw new SendAgainError(`The value of ${at} was too large to be kept: it is not there any more`);
  const info = (await app.log.admin.topics([letter.topic])).get(letter.topic);
  if (!knownTopics(app).has(letter.topic) || info === undefined || letter.partition >= info.partitions) {
    throw new SendAgainError(
      `${at} came from ${letter.topic}-${letter.partition}, which this app does not read or write, or which is gone`,
    );
  }
  const { key, value, timestamp } = record;
  const headers = record.headers.filter((header) => !header.key.startsWith(prefix));
  const producer = await app.log.producer();
  try {
    const target = { topic: letter.topic, partition: letter.partition };
    const [placed] = await producer.send([{ ...target, records: [{ key, value, timestamp, headers }] }]);
    return { ...target, offset: placed! };
  } finally {
    await producer.close();
  }
}

/** Undefined where there is none, or none any more. */
export async function recordAt(
  app: StreamsApp,
  { topic: name, partition, offset }: RecordPlace,
): Promise<Raw | undefined> {
  const info = (await app.log.admin.topics([name])).get(name);
  if (info === undefined || partition >= info.partitions) return undefined;
  const raw = topic(name, { key: nullable(bytes()), value: nullable(bytes()) });
  for await (const record of records(app.log, raw, { from: { offset }, partitions: [partition], limit: 1 }))
    if (record.offset === offset) return record;
  return undefined;
}

type Raw = TopicRecord<Uint8Array | null, Uint8Array | null>;
