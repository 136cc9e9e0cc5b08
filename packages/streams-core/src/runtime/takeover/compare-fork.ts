import { asBuffer, type LogClient, type LogRecord } from '@millrace/log-client';
import { readRange } from '../upgrade/read-range.ts';
import { everyPartition } from './consistent-cut.ts';
import { type BehindPartition, shadowLag } from './fork-lag.ts';
import { readFork } from './fork-record.ts';
import { shadowedTopic, shadowTopic } from './shadow-log.ts';

/** A key whose last value differs; undefined where one side has none, null for a tombstone. */
export interface Difference {
  readonly key: Uint8Array;
  readonly running: Uint8Array | null | undefined;
  readonly shadow: Uint8Array | null | undefined;
}

/** What two applications have made of the same input, in one topic. */
export interface ComparedTopic {
  readonly topic: string;
  /** Keys whose last value is the same, and those where it is not. */
  readonly same: number;
  readonly different: number;
  /** Results since the fork, of the running application and of its shadow. */
  readonly records: { readonly running: number; readonly shadow: number };
  /** Some of the keys that differ. */
  readonly differences: readonly Difference[];
}

export interface ComparedFork {
  readonly topics: readonly ComparedTopic[];
  /** Where the shadow is not as far as the other yet: differences may come from that. */
  readonly behind: readonly BehindPartition[];
}

export interface CompareForkOptions {
  /** How many differing keys of each topic to name. Default 10. */
  readonly examples?: number;
}

/**
 * Compares the results of a shadow, since it was forked, with those of the application that it follows: of
 * each key the last value. @throws StreamsError `FORK_STATE`
 */
export async function compareFork(
  log: LogClient,
  shadow: string,
  { examples = 10 }: CompareForkOptions = {},
): Promise<ComparedFork> {
  const fork = await readFork(log, shadow);
  const behind = await shadowLag(log, shadow, fork);
  const names = [...(await log.admin.topics()).keys()];
  const outputs = new Map(Object.entries(fork.outputs));
  const topics: ComparedTopic[] = [];
  for (const name of names) {
    const topic = shadowedTopic(shadow, name);
    if (topic === undefined || !outputs.has(topic)) continue;
    const results = new Results();
    await results.read(log, topic, { side: 0, starts: outputs.get(topic)! });
    await results.read(log, shadowTopic(shadow, topic), { side: 1, starts: [] });
    topics.push(results.compared(topic, examples));
  }
  return { topics, behind };
}

type Value = Uint8Array | null | undefined;

/** The last value of each key on both sides. */
class Results {
  readonly #last = new Map<string, [Value, Value]>();
  readonly #records: [number, number] = [0, 0];

  async read(
    log: LogClient,
    topic: string,
    { side, starts }: { readonly side: 0 | 1; readonly starts: readonly number[] },
  ): Promise<void> {
    const partitions = await everyPartition(log, [topic]);
    const ranges = await log.admin.offsets(partitions, { awaitTransactions: true });
    for (const [index, { partition }] of partitions.entries()) {
      const { start, end } = ranges[index]!;
      const from = Math.max(start, starts[partition] ?? 0);
      for await (const records of readRange(log, { topic, partition, start: from, end }))
        for (const record of records) this.#take(record, side);
    }
  }

  #take({ key, value }: LogRecord, side: 0 | 1): void {
    this.#records[side]++;
    // Without a key there is nothing to compare by.
    if (key === null) return;
    const text = asBuffer(key).toString('latin1');
    const values: [Value, Value] = this.#last.get(text) ?? [undefined, undefined];
    values[side] = value;
    this.#last.set(text, values);
  }

  compared(topic: string, examples: number): ComparedTopic {
    const differences: Difference[] = [];
    let different = 0;
    for (const [text, [running, shadow]] of this.#last) {
      if (isSame(running, shadow)) continue;
      different++;
      if (differences.length < examples)
        differences.push({ key: Buffer.from(text, 'latin1'), running, shadow });
    }
    const [running, shadow] = this.#records;
    const same = this.#last.size - different;
    return { topic, same, different, records: { running, shadow }, differences };
  }
}

function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  return a !== null && b !== null && a !== undefined && b !== undefined && asBuffer(a).equals(b);
}
