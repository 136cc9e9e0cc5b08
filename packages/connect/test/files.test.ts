import * as fs from 'node:fs/promises';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import type { TopicRecord } from '@millrace/streams-core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Claim, Destination } from '../src/index.ts';
import { csvLines, files, type FilesOptions, jsonLines, sinkTo } from '../src/index.ts';
import { eventually, newLog, send, type Stock, stock } from './support.ts';

// A process that is killed at a call: from then on none of its calls does anything.
const calls = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY, isDoneBefore: false }));
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  const killable =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (calls.left < 0) throw new Error('killed');
      if (calls.left-- === 0) {
        const done = calls.isDoneBefore ? await call(...args) : undefined;
        // A process that ends leaves no file open.
        if (done instanceof Object && 'close' in done) await (done as unknown as fs.FileHandle).close();
        throw new Error('killed');
      }
      return call(...args);
    };
  const handleOf = (handle: fs.FileHandle): fs.FileHandle =>
    new Proxy(handle, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function') return member;
        const call = member.bind(target) as (...args: unknown[]) => Promise<unknown>;
        return name === 'close' ? call : killable(call);
      },
    });
  const open = killable(async (...args: Parameters<typeof fs.open>) => handleOf(await real.open(...args)));
  const names = ['copyFile', 'mkdir', 'rename', 'rm', 'stat', 'readFile', 'readdir'] as const;
  const wrapped = names.map((name) => [name, killable(real[name] as () => Promise<unknown>)]);
  return { ...real, ...Object.fromEntries(wrapped), open } as typeof fs;
});

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-files-'));
});
afterEach(async () => {
  calls.left = Number.POSITIVE_INFINITY;
  await rm(dir, { recursive: true, force: true });
});

type Options = Partial<FilesOptions<string, Stock>>;
const onHand = jsonLines<string, Stock>({ line: (value) => value?.onHand });
const newFiles = (options: Options = {}): Destination<string, Stock> =>
  files({ dir, format: onHand, maxBytes: 12, ...options });

async function textsOf(extension = 'jsonl'): Promise<Record<string, string>> {
  const names = (await readdir(dir)).filter((name) => name.endsWith(`.${extension}`)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(dir, name), 'utf8')])),
  );
}

const linesOf = async (): Promise<string[]> =>
  Object.values(await textsOf())
    .join('')
    .split('\n')
    .slice(0, -1);

const partition = { topic: stock.name, partition: 0, group: 'g', topicId: 'one' };
const recordAt = (offset: number): TopicRecord<string, Stock> => ({
  topic: stock.name,
  partition: 0,
  offset,
  timestamp: 1000,
  key: 'mug',
  value: { onHand: offset },
  headers: noHeaders,
});

/** A transaction of the records between two offsets. */
const upTo = (claim: Claim, from: number, to: number) => ({
  records: Array.from({ length: to - from }, (_, n) => recordAt(from + n)),
  offsets: [{ claim, offset: to }],
});

async function claimed(destination: Destination<string, Stock>, of: Omit<Claim, 'epoch'> = partition) {
  await destination.open();
  const { epoch, offset } = await destination.claim(of);
  return { claim: { ...of, epoch }, offset };
}

async function started(log: EmbeddedLog, destination: Destination<string, Stock>) {
  const sink = await sinkTo(log, stock, destination, { group: 'g', onProblem: () => {} });
  onTestFinished(() => sink.close().catch(() => {}));
  return sink;
}

describe('a sink of files', () => {
  test('writes a line for each record, and goes on behind them', async () => {
    const log = await newLog(1);
    await send(log, [
      ['mug', 1],
      ['cup', 2],
    ]);
    const sink = await started(log, newFiles({ maxBytes: 1000 }));
    await eventually(async () => expect(await linesOf()).toEqual(['1', '2']));
    await sink.close();
    await send(log, [
      ['mug', null],
      ['pot', 3],
    ]);
    await started(log, newFiles({ maxBytes: 1000 }));
    await eventually(async () => expect(await linesOf()).toEqual(['1', '2', '3']));
    expect(Object.keys(await textsOf())).toEqual(['stock-0-00000001.jsonl']);
  });

  test('says in JSON what a record is, its deletion too; in CSV what its columns are, under a header', async () => {
    const log = await newLog(1);
    await send(log, [
      ['mug', 1],
      ['a,b', null],
    ]);
    const csv = csvLines<string, Stock, 'sku' | 'n' | 'at'>({
      columns: ['sku', 'n', 'at'],
      row: (value, { key, timestamp }) => ({ sku: key, n: value?.onHand, at: new Date(timestamp) }),
    });
    await started(log, files({ dir, format: jsonLines() }));
    const other = await sinkTo(log, stock, files({ dir: path.join(dir, 'csv'), format: csv }), {
      group: 'csv',
    });
    onTestFinished(() => other.close());
    await eventually(async () => {
      expect((await linesOf()).map((line) => JSON.parse(line) as unknown)).toEqual([
        { key: 'mug', value: { onHand: 1 }, timestamp: 1000, partition: 0, offset: 0 },
        { key: 'a,b', value: null, timestamp: 1000, partition: 0, offset: 1 },
      ]);
      const found = await readFile(path.join(dir, 'csv/stock-0-00000001.csv'), 'utf8');
      expect(found).toBe('sku,n,at\nmug,1,1970-01-01T00:00:01.000Z\n"a,b",,1970-01-01T00:00:01.000Z\n');
    });
  });

  test('begins another file where one is large, with a header in each', async () => {
    const destination = newFiles({ format: { ...onHand, header: '#' }, maxBytes: 4 });
    const { claim } = await claimed(destination);
    for (const n of [0, 1, 2, 3]) await destination.write(upTo(claim, n, n + 1));
    expect(await textsOf()).toEqual({
      'stock-0-00000001.jsonl': '#\n0\n',
      'stock-0-00000002.jsonl': '#\n1\n',
      'stock-0-00000003.jsonl': '#\n2\n',
      'stock-0-00000004.jsonl': '#\n3\n',
    });
  });

  test('killed at any call, before it or after, and begun again has each line once, in order', async () => {
    const transaction = fc.integer({ min: 0, max: 4 });
    let kills = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(transaction, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 8 }),
        async (sizes, cuts) => {
          await rm(dir, { recursive: true, force: true });
          const end = sizes.reduce((sum, size) => sum + size, 0);
          for (const [left, isDoneBefore] of [...cuts, [Number.POSITIVE_INFINITY, false] as const]) {
            Object.assign(calls, { left, isDoneBefore });
            try {
              const destination = newFiles();
              const { claim, offset = 0 } = await claimed(destination);
              let from = offset;
              for (const size of [...sizes, end]) {
                const to = Math.min(end, from + size);
                await destination.write(upTo(claim, from, to));
                from = to;
              }
            } catch (error) {
              expect(String(error)).toContain('killed');
              kills++;
            }
            calls.left = Number.POSITIVE_INFINITY;
          }
          expect(await linesOf()).toEqual(Array.from({ length: end }, (_, n) => String(n)));
        },
      ),
      { numRuns: 150 },
    );
    expect(kills).toBeGreaterThan(100);
  }, 60_000);

  test('that has lost its partition is fenced at any call, and what it writes is in no file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(25), fc.integer({ min: 3, max: 40 }), async (at, maxBytes) => {
        await rm(dir, { recursive: true, force: true });
        const [first, second] = [newFiles({ maxBytes }), newFiles({ maxBytes })];
        const one = await claimed(first);
        await first.write(upTo(one.claim, 0, 2));
        // The second one claims in the middle of what the first one does, and goes on from there.
        const overtake = async (): Promise<void> => {
          const { claim, offset } = await claimed(second);
          await second.write(upTo(claim, offset!, 6));
          await second.write(upTo(claim, 6, 8));
        };
        const writing = (async () => {
          for (const n of [2, 4]) await first.write(upTo(one.claim, n, n + 2));
        })();
        for (let tick = 0; tick < at; tick++) await new Promise((resolve) => setImmediate(resolve));
        const [result, overtaken] = await Promise.allSettled([writing, overtake()]);
        expect(overtaken).toMatchObject({ status: 'fulfilled' });
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'SinkFencedError' });
        await expect(first.write(upTo(one.claim, 8, 9))).rejects.toThrow(
          /^Another instance of sink "g" writes stock-0/,
        );
        expect(await linesOf()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('of a topic that was made again begins at its first record, behind the lines that are there', async () => {
    const first = newFiles();
    await first.write(upTo((await claimed(first)).claim, 0, 2));
    const again = newFiles();
    const { claim, offset } = await claimed(again, { ...partition, topicId: 'two' });
    expect(offset).toBeUndefined();
    await again.write(upTo(claim, 0, 1));
    expect(await linesOf()).toEqual(['0', '1', '0']);
  });

  test('does not miss files that were taken away by their reader', async () => {
    const destination = newFiles();
    const { claim } = await claimed(destination);
    await destination.write(upTo(claim, 0, 2));
    await rm(path.join(dir, 'stock-0-00000001.jsonl'));
    await destination.write(upTo(claim, 2, 3));
    await rm(path.join(dir, 'stock-0-00000002.jsonl'));
    const again = newFiles();
    const { claim: next, offset } = await claimed(again);
    await again.write(upTo(next, offset!, 4));
    expect(await textsOf()).toEqual({ 'stock-0-00000003.jsonl': '3\n' });
  });

  test('refuses what it does not know the end of, has been cut, or belongs to another sink', async () => {
    const destination = newFiles();
    const { claim } = await claimed(destination);
    await destination.write(upTo(claim, 0, 2));
    await expect(claimed(newFiles(), { ...partition, group: 'h' })).rejects.toThrow(
      /sink "g" writes stock-0 there: give sink "h" a folder of its own/,
    );
    const file = path.join(dir, 'stock-0-00000001.jsonl');
    await truncate(file, 1);
    await expect(claimed(newFiles())).rejects.toThrow(
      /00000001.jsonl has 1 bytes of the 4 that were written/,
    );
    await rm(path.join(dir, '.millrace'), { recursive: true });
    await expect(claimed(newFiles())).rejects.toMatchObject({
      name: 'DestinationError',
      retriable: false,
      message: expect.stringMatching(/00000001\.jsonl is there, and nothing in \.millrace/),
    });
    // Files of others are none of its own.
    await rm(file);
    await appendFile(path.join(dir, 'stock-0-notes.jsonl'), 'x');
    await claimed(newFiles());
  });
});
