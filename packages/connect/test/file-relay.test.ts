import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { LogError } from '@millrace/log-client';
import { records } from '@millrace/streams-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Connector, type FileRelayOptions, relayFile } from '../src/index.ts';
import { eventually, newLog, type Stock, stock } from './support.ts';

let dir = '';
let file = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-file-'));
  file = path.join(dir, 'stock.jsonl');
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
});

const lineOf = (n: number): string => `${JSON.stringify({ sku: `sku-${n}`, onHand: n })}\n`;

type Options = FileRelayOptions<string, Stock>;
const record: Options['record'] = (line) => {
  const { sku, onHand } = JSON.parse(line) as Stock & { sku: string };
  return { key: sku, value: { onHand } };
};

function relay(log: EmbeddedLog, options: Partial<Options> = {}): Promise<Connector> {
  const quick = { name: 'files', file, record, pollMs: 5, maxLines: 3, onProblem: () => {} };
  return relayFile(log, stock, { ...quick, ...options });
}

async function follow(log: EmbeddedLog, options: Partial<Options> = {}): Promise<Connector> {
  const started = await relay(log, { follow: true, ...options });
  onTestFinished(() => started.close().catch(() => {}));
  return started;
}

/** The values in the topic, in order: it has one partition. */
async function inTopic(log: EmbeddedLog): Promise<number[]> {
  const found: number[] = [];
  for await (const { value } of records(log, stock, { from: 'earliest' })) found.push(value!.onHand);
  return found;
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n);
const text = (from: number, to: number): string =>
  upTo(to - from)
    .map((n) => lineOf(from + n))
    .join('');

describe('a file', () => {
  test('goes to the topic line by line, and the relay ends with it', async () => {
    const log = await newLog(1);
    await writeFile(file, `${text(0, 9)}${lineOf(9).trimEnd()}`);
    const once = await relay(log);
    await once.done;
    expect([await inTopic(log), once.written]).toEqual([upTo(10), 10]);
    // A second run has nothing to do.
    const again = await relay(log);
    await again.done;
    expect([await inTopic(log), again.written]).toEqual([upTo(10), 0]);
  });

  test('each line once, in order, whatever the lines, however often it begins again', async () => {
    const piece = fc.record({ length: fc.nat(5), isCut: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (pieces, maxLines) => {
          const log = await newLog(1);
          await writeFile(file, '');
          const all = text(
            0,
            pieces.reduce((sum, { length }) => sum + length, 0),
          );
          let written = 0;
          let count = 0;
          for (const { length, isCut } of pieces) {
            count += length;
            // A line may come in two parts.
            const end = text(0, count).length - (isCut && length > 0 ? 3 : 0);
            if (end > written) await appendFile(file, all.slice(written, end));
            written = Math.max(written, end);
            const one = await follow(log, { maxLines });
            const whole = text(0, count).length === end ? count : count - 1;
            await eventually(async () => expect(await inTopic(log)).toEqual(upTo(whole)));
            await one.close();
          }
          await log.close();
        },
      ),
      { numRuns: 15 },
    );
  }, 60_000);

  test('that is followed brings what is appended; lines end with CRLF too, and long ones come whole', async () => {
    const log = await newLog(1);
    await writeFile(file, lineOf(0).replace('\n', '\r\n'));
    const seen: string[] = [];
    await follow(log, {
      record: (line, place) => {
        seen.push(line.slice(-8));
        return record(line.slice(0, line.indexOf('}') + 1), place);
      },
    });
    await eventually(async () => expect(await inTopic(log)).toEqual([0]));
    await appendFile(file, lineOf(1).replace('\n', `${'é'.repeat(100_000)}\n`));
    await appendFile(file, lineOf(2));
    await eventually(async () => expect(await inTopic(log)).toEqual([0, 1, 2]));
    expect(seen).toEqual(['"onHand":0}', `é`.repeat(8), '"onHand":2}'].map((end) => end.slice(-8)));
  });

  test('that is rotated is read to its end, then the new one from its start', async () => {
    const log = await newLog(1);
    await writeFile(file, text(0, 3));
    await follow(log);
    await eventually(async () => expect(await inTopic(log)).toEqual(upTo(3)));
    await appendFile(file, lineOf(3).trimEnd());
    await rename(file, `${file}.1`);
    await writeFile(file, text(4, 6));
    await eventually(async () => expect(await inTopic(log)).toEqual(upTo(6)));
  });

  test.each(['while it is followed', 'between two runs'])(
    'that is truncated and rewritten is a new one: %s',
    async (when) => {
      const log = await newLog(1);
      await writeFile(file, text(0, 5));
      const first = await follow(log);
      await eventually(async () => expect(await inTopic(log)).toEqual(upTo(5)));
      if (when === 'between two runs') await first.close();
      await truncate(file, 0);
      await appendFile(file, text(5, 6));
      if (when === 'between two runs') await follow(log);
      await eventually(async () => expect(await inTopic(log)).toEqual(upTo(6)));
    },
  );

  test('that begins otherwise is a new one, though it is longer', async () => {
    const log = await newLog(1);
    await writeFile(file, text(0, 2));
    await (await relay(log)).done;
    await writeFile(file, text(2, 6));
    await (await relay(log)).done;
    expect(await inTopic(log)).toEqual(upTo(6));
  });

  test('with a line that makes no record ends the relay at it, or leaves it out', async () => {
    const log = await newLog(1);
    await writeFile(file, `${text(0, 3)}junk\n${text(3, 4)}`);
    const broken = await relay(log);
    await expect(broken.done).rejects.toThrow(/^Line 4 of .*stock\.jsonl makes no record: .*junk/);
    expect(await inTopic(log)).toEqual(upTo(3));
    const left: unknown[] = [];
    const careful = await relay(log, { onUnreadable: ({ line }, error) => left.push([line, error.name]) });
    await careful.done;
    expect([await inTopic(log), left]).toEqual([upTo(4), [[4, 'SyntaxError']]]);
    // Lines may be left out on purpose, too.
    await writeFile(file, `# a comment\n${text(4, 5)}`);
    await (
      await relay(log, { record: (line, place) => (line.startsWith('#') ? undefined : record(line, place)) })
    ).done;
    expect(await inTopic(log)).toEqual(upTo(5));
  });

  test('goes on where the log has failed, each line once', async () => {
    const log = await newLog(1);
    await writeFile(file, text(0, 10));
    const real = log.producer.bind(log);
    let commits = 0;
    vi.spyOn(log, 'producer').mockImplementation(async (options) => {
      const producer = await real(options);
      return {
        ...producer,
        close: () => producer.close(),
        send: (all) => producer.send(all),
        commit: async (transaction) => {
          commits++;
          if (commits === 2) throw new LogError('LOG_TIMEOUT', 'not there');
          const placed = await producer.commit(transaction);
          // It has committed, and the answer is lost.
          if (commits === 4) throw new LogError('LOG_TIMEOUT', 'not heard');
          return placed;
        },
      };
    });
    await (await relay(log)).done;
    expect(await inTopic(log)).toEqual(upTo(10));
  });

  test('of two relays with one name the first is fenced; one that is not there, and no topic, are said', async () => {
    const log = await newLog(1);
    await writeFile(file, text(0, 2));
    const first = await follow(log);
    await eventually(async () => expect(await inTopic(log)).toEqual(upTo(2)));
    await follow(log);
    await appendFile(file, text(2, 4));
    await expect(first.done).rejects.toMatchObject({ code: 'LOG_FENCED' });
    await eventually(async () => expect(await inTopic(log)).toEqual(upTo(4)));
    const missing = await relay(log, { name: 'other', file: path.join(dir, 'nowhere') });
    await expect(missing.done).rejects.toMatchObject({ code: 'ENOENT' });
    await log.admin.deleteTopics([stock.name]);
    await expect(relay(log)).rejects.toMatchObject({ code: 'TOPOLOGY_TOPIC_MISSING' });
  });
});
