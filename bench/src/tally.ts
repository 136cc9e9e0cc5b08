import { crc32 } from 'node:zlib';
import { asBuffer, type LogClient } from '@millrace/log-client';
import { eachRecord, handRead } from './hand.ts';

/** What came out of a run, in whatever order: how many results, and the sum of their checksums. */
export interface Tally {
  readonly count: number;
  readonly sum: number;
}

/** A result as text: its key, and its value. */
export type Result = readonly [key: string, value: string];

/** How a side writes its results; undefined for what is none. */
export type ReadResult = (key: Buffer, value: Buffer) => Result | undefined;

export interface TallyOptions {
  readonly read?: ReadResult;
  /** Of each key only the last result counts: how many came before depends on when commits were. */
  readonly lastOnly?: boolean;
  /** Default 0. */
  readonly partition?: number;
}

const asText: ReadResult = (key, value) => [key.toString(), value.toString()];

export function tally(results: Iterable<Result>, { lastOnly = false }: TallyOptions = {}): Tally {
  const counted = lastOnly ? new Map(results) : results;
  let [count, sum] = [0, 0];
  for (const [key, value] of counted) {
    count++;
    sum = (sum + crc32(`${key}=${value}`)) % 2 ** 32;
  }
  return { count, sum };
}

/** All of one partition of a topic. */
export async function tallyTopic(log: LogClient, topic: string, options: TallyOptions = {}): Promise<Tally> {
  const { partition = 0 } = options;
  const [range] = await log.admin.offsets([{ topic, partition }]);
  const { start, end } = range!;
  const reader = await log.reader([{ topic, partition, offset: start }]);
  const results: Result[] = [];
  const read = options.read ?? asText;
  for (let offset = start; offset < end; ) {
    for (const { records, nextOffset } of await reader.poll({ maxWaitMs: 100, maxRecords: 5000 })) {
      for (const { key, value } of records) {
        const result = read(asBuffer(key ?? empty), asBuffer(value ?? empty));
        if (result !== undefined) results.push(result);
      }
      offset = nextOffset;
    }
  }
  await reader.close();
  return tally(results, options);
}

const empty = new Uint8Array(0);

/** All of a hand-written file. */
export async function tallyFile(file: string, options: TallyOptions = {}): Promise<Tally> {
  const results: Result[] = [];
  const read = options.read ?? asText;
  for await (const batch of handRead(file)) {
    eachRecord(batch, (key, from, to) => {
      const result = read(Buffer.from(key), batch.bytes.subarray(from, to));
      if (result !== undefined) results.push(result);
    });
  }
  return tally(results, options);
}
