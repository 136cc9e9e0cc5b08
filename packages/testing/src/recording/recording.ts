import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Headers, LogRecord } from '@millrace/log-client';

/** A record that came from outside. Its place in its partition does not matter when it is replayed. */
export interface RecordedInput {
  readonly topic: string;
  readonly partition: number;
  readonly record: Omit<LogRecord, 'offset'>;
}

/** What a topology was given, in order. */
export type RecordingEntry = RecordedInput | { readonly advanceMs: number } | { readonly restart: true };

export interface Recording {
  readonly entries: readonly RecordingEntry[];
  /** Entries before these that were not kept. */
  readonly missing: number;
}

interface Header {
  readonly recording: 1;
  readonly missing: number;
}

type Coded = string | null;

interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly key: Coded;
  readonly value: Coded;
  readonly timestamp: number;
  readonly headers?: readonly (readonly [string, Coded])[];
}

/** A file of JSON lines; keys, values and headers are base64. */
export async function saveRecording({ entries, missing }: Recording, file: string): Promise<void> {
  const header: Header = { recording: 1, missing };
  const lines = [header, ...entries.map((entry) => ('record' in entry ? lineOf(entry) : entry))];
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function lineOf({ topic, partition, record }: RecordedInput): Line {
  const { key, value, timestamp, headers } = record;
  const coded = headers.map((one) => [one.key, encode(one.value)] as const);
  return {
    topic,
    partition,
    key: encode(key),
    value: encode(value),
    timestamp,
    ...(coded.length === 0 ? {} : { headers: coded }),
  };
}

const encode = (bytes: Uint8Array | null): Coded =>
  bytes === null ? null : Buffer.from(bytes).toString('base64');

const decode = (text: Coded): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'));

/** @throws Error where the file is no recording, with the line */
export async function loadRecording(file: string): Promise<Recording> {
  const entries: RecordingEntry[] = [];
  let missing: number | undefined;
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number++;
    try {
      const line = JSON.parse(text) as Partial<Header> & Record<string, unknown>;
      if (number > 1) entries.push(entryOf(line));
      else if (line.recording === 1) missing = line.missing ?? 0;
      else throw new Error('its first line is not that of a recording of version 1');
    } catch (error) {
      throw new Error(`${file} is no recording, at line ${number}: ${(error as Error).message}`);
    }
  }
  if (missing === undefined) throw new Error(`${file} is no recording: it is empty`);
  return { entries, missing };
}

function entryOf(line: Record<string, unknown>): RecordingEntry {
  if (typeof line['advanceMs'] === 'number') return { advanceMs: line['advanceMs'] };
  if (line['restart'] === true) return { restart: true };
  const { topic, partition, key, value, timestamp, headers = [] } = line as unknown as Line;
  if (typeof topic !== 'string' || typeof timestamp !== 'number' || key === undefined || value === undefined)
    throw new Error('topic, key, value and timestamp expected');
  const read: Headers = headers.map(([name, coded]) => ({ key: name, value: decode(coded) }));
  return { topic, partition, record: { key: decode(key), value: decode(value), timestamp, headers: read } };
}
