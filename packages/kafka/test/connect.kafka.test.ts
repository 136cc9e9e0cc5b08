import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Claim, type Destination, type Outbox, relayFile, relayOutbox, sinkTo } from '@millrace/connect';
import { json, producer, records, string, topic } from '@millrace/streams-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { kafkaLog } from '../src/index.ts';
import { brokers } from './brokers.ts';

// What connectors promise, on brokers: each record once, and the last one of a name alone at work.

const log = kafkaLog({ brokers });
const id = `connect-${process.pid}`;
let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-connect-'));
});
afterAll(async () => {
  await log.close();
  await rm(dir, { recursive: true, force: true });
});

const numbers = (name: string) => topic(`${id}-${name}`, { key: string(), value: json<number>() });
const upTo = (end: number): number[] => Array.from({ length: end }, (_, n) => n);

async function inTopic(one: ReturnType<typeof numbers>): Promise<number[]> {
  const found: number[] = [];
  for await (const { value } of records(log, one, { from: 'earliest' })) found.push(value!);
  return found.toSorted((a, b) => a - b);
}

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within 60 s`);
    await sleep(50);
  }
}

test('lines of a file come once each, and of two relays of a name the first is fenced', async () => {
  const lines = numbers('lines');
  await log.admin.createTopics([{ name: lines.name, partitions: 2 }]);
  const file = path.join(dir, 'lines');
  const options = {
    name: `${id}-lines`,
    file,
    follow: true,
    pollMs: 20,
    maxLines: 3,
    record: (line: string) => ({ key: line, value: Number(line) }),
  };
  await writeFile(
    file,
    upTo(10)
      .map((n) => `${n}\n`)
      .join(''),
  );
  const first = await relayFile(log, lines, options);
  await eventually('the first lines', async () => (await inTopic(lines)).length === 10);
  const second = await relayFile(log, lines, options);
  onTestFinished(() => second.close().catch(() => {}));
  await appendFile(
    file,
    upTo(10)
      .map((n) => `${n + 10}\n`)
      .join(''),
  );
  await expect(first.done).rejects.toMatchObject({ code: 'LOG_FENCED' });
  await eventually('all lines', async () => (await inTopic(lines)).length >= 20);
  expect(await inTopic(lines)).toEqual(upTo(20));
});

test('rows of an outbox come once each, though it forgets what was deleted', async () => {
  const out = numbers('outbox');
  await log.admin.createTopics([{ name: out.name, partitions: 2 }]);
  const rows = new Map(upTo(20).map((n) => [String(n), n]));
  let refused = 0;
  const outbox: Outbox<string, number> = {
    name: 'rows',
    read: (limit) =>
      Promise.resolve(
        [...rows].slice(0, limit).map(([rowId, n]) => ({ id: rowId, record: { key: rowId, value: n } })),
      ),
    remove: (ids) => {
      // A process that ends between the commit and the delete.
      if (ids.length > 0 && refused++ < 2) return Promise.reject(new Error('cut off'));
      for (const rowId of ids) rows.delete(rowId);
      return Promise.resolve();
    },
  };
  for (let run = 0; rows.size > 0; run++) {
    expect(run).toBeLessThan(5);
    const relay = await relayOutbox(log, out, outbox, { name: `${id}-outbox`, maxRows: 7, pollMs: 20 });
    const ended = relay.done.catch(() => {});
    await Promise.race([ended, eventually('no rows', () => rows.size === 0)]);
    await relay.close().catch(() => {});
  }
  expect(await inTopic(out)).toEqual(upTo(20));
});

/** Rows in memory, with the offsets up to which they are there. */
function inMemory(): Destination<string, number> & { readonly rows: number[] } {
  const rows: number[] = [];
  const claims = new Map<string, { epoch: number; offset: number | undefined }>();
  const nameOf = ({ topic: name, partition }: Pick<Claim, 'topic' | 'partition'>) => `${name}-${partition}`;
  return {
    name: 'memory',
    rows,
    open: () => Promise.resolve(),
    claim: (partition) => {
      const before = claims.get(nameOf(partition));
      const claimed = { epoch: (before?.epoch ?? 0) + 1, offset: before?.offset };
      claims.set(nameOf(partition), claimed);
      return Promise.resolve({ ...claimed });
    },
    write: ({ records: written, offsets }) => {
      for (const { claim, offset } of offsets) claims.set(nameOf(claim), { epoch: claim.epoch, offset });
      rows.push(...written.map(({ value }) => value!));
      return Promise.resolve();
    },
  };
}

test('a sink writes each record once, and goes on where the destination says', async () => {
  const into = numbers('sink');
  await log.admin.createTopics([{ name: into.name, partitions: 2 }]);
  const destination = inMemory();
  const out = await producer(log, into);
  for (const end of [15, 30]) {
    await out.sendAll(upTo(15).map((n) => ({ key: String(n), value: end - 15 + n })));
    const sink = await sinkTo(log, into, destination, { group: `${id}-sink`, maxRecords: 4 });
    await eventually(`${end} rows`, () => destination.rows.length >= end);
    await sink.close();
    expect(destination.rows.toSorted((a, b) => a - b)).toEqual(upTo(end));
  }
  await out.close();
});
