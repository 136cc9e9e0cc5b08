import assert from 'node:assert/strict';
import { isLogError } from '@millrace/log-client';
import { describe, expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';
import { contentOf, type History, makeHistory, readContent, runHistory } from './simulation/history.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk, Stopped } from './simulation/simulated-disk.ts';

/** Replay one seed, or run more of them: `MILLRACE_SEED=17 MILLRACE_HISTORIES=1`. */
const firstSeed = Number(process.env['MILLRACE_SEED'] ?? 1);
const histories = Number(process.env['MILLRACE_HISTORIES'] ?? 75);

async function stops(run: Promise<unknown>): Promise<void> {
  try {
    await run;
  } catch (error) {
    // A stopped machine surfaces as the error itself or as the cause of a named one.
    if (!(error instanceof Stopped) && !isLogError(error)) throw error;
  }
}

function assertPrefix(history: History, ids: readonly number[], acked: readonly number[]): void {
  assert.deepEqual(
    ids,
    history.commits.slice(0, ids.length).map(({ id }) => id),
    'the log holds a prefix of the commits',
  );
  if (acked.length > 0)
    assert.ok(ids.length >= acked.at(-1)!, `commit ${acked.at(-1)} was acknowledged and is gone`);
}

/** Stops a history at one call, then again during recovery, and checks what is left each time. */
async function crashAt(seed: number, history: History, stopAt: number): Promise<void> {
  const random = new Random(seed * 1000 + stopAt);
  const disk = new SimulatedDisk(random);
  const acked: number[] = [];
  let power = random.chance(0.5);
  await stops(runHistory(history, disk.boot({ stopAt }), acked));
  if (power) disk.losePower();

  if (random.chance(0.5)) {
    await stops(readContent(disk.boot({ stopAt: 1 + random.below(12) }), history.options));
    if (random.chance(0.5)) {
      disk.losePower();
      power = true;
    }
  }
  const seen = await readContent(disk.boot(), history.options);
  const safe = power && history.options.durability === 'os' ? [] : acked;
  assertPrefix(history, seen.ids, safe);
  if (seen.partitions.length > 0) assert.deepEqual(seen, contentOf(history, seen.ids));

  // What a reader has seen after recovery must outlive a power loss right after it.
  disk.losePower();
  assert.deepEqual(await readContent(disk.boot(), history.options), seen);
}

async function callsOf(seed: number, history: History): Promise<number> {
  const disk = new SimulatedDisk(new Random(seed));
  await runHistory(history, disk.boot(), []);
  return disk.calls;
}

function withSeed(seed: number, where: string, error: unknown): Error {
  return new Error(
    `seed ${seed}, ${where}: replay with MILLRACE_SEED=${seed} MILLRACE_HISTORIES=1 npx vitest run packages/embedded-log/test/crash.test.ts`,
    { cause: error },
  );
}

describe('a simulated disk', () => {
  test(`a crash at every call of ${histories} histories leaves a prefix of the commits`, {
    timeout: 1_200_000,
  }, async () => {
    let runs = 0;
    for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
      const history = makeHistory(seed);
      const calls = await callsOf(seed, history);
      for (let stopAt = 1; stopAt <= calls; stopAt++) {
        try {
          await crashAt(seed, history, stopAt);
        } catch (error) {
          throw withSeed(seed, `stopped at call ${stopAt}`, error);
        }
        runs++;
      }
    }
    console.log(`${runs} crashes recovered`);
    expect(runs).toBeGreaterThan(histories * 10);
  });

  test('a failure of any one call loses nothing acknowledged and splits no commit', {
    timeout: 120_000,
  }, async () => {
    for (let seed = firstSeed; seed < firstSeed + histories / 10; seed++) {
      const history = makeHistory(seed);
      const calls = await callsOf(seed, history);
      for (let call = 1; call <= calls; call++) {
        const code = (seed + call) % 2 === 0 ? 'EIO' : 'ENOSPC';
        const disk = new SimulatedDisk(new Random(seed * 1000 + call));
        const acked: number[] = [];
        try {
          await runHistory(history, disk.boot({ failAt: { call, code } }), acked).catch((error: unknown) => {
            if (!isLogError(error) && (error as { code?: string }).code !== code) throw error;
          });
          const seen = await readContent(disk.boot(), history.options);
          // Without a sync per commit, a failed sync may take what was acknowledged before it.
          const safe = history.options.durability === 'os' && code === 'EIO' ? [] : acked;
          for (const id of safe)
            assert.ok(seen.ids.includes(id), `commit ${id} was acknowledged and is gone`);
          assert.deepEqual(
            [...seen.ids].sort((a, b) => a - b),
            seen.ids,
          );
          if (seen.partitions.length > 0) assert.deepEqual(seen, contentOf(history, seen.ids));
        } catch (error) {
          throw withSeed(seed, `${code} at call ${call}`, error);
        }
      }
    }
  });

  test('a full disk refuses the commit by name, and takes commits again once there is room', async () => {
    const disk = new SimulatedDisk(new Random(7));
    const log = await EmbeddedLog.openOn(disk.boot());
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await log.producer();
    const send = (value: string) =>
      producer.send([
        { topic: 't', partition: 0, records: [{ key: null, value, timestamp: 0, headers: [] }] },
      ]);
    await send('before');
    disk.failNext('ENOSPC');
    await expect(send('lost')).rejects.toMatchObject({
      code: 'LOG_FULL',
      message: expect.stringContaining('nothing of this commit was kept'),
    });
    await send('after');
    const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
    const [batch] = await reader.poll({ maxWaitMs: 0, maxRecords: 10 });
    expect(batch!.records.map(({ value }) => Buffer.from(value!).toString())).toEqual(['before', 'after']);
  });

  test('a refused commit does not come back after a crash, though some of its bytes were written', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const disk = new SimulatedDisk(new Random(seed));
      const log = await EmbeddedLog.openOn(disk.boot());
      await log.admin.createTopics([{ name: 't', partitions: 1 }]);
      const producer = await log.producer();
      const send = () =>
        producer.send([
          { topic: 't', partition: 0, records: [{ key: null, value: 'x', timestamp: 0, headers: [] }] },
        ]);
      // Two commits in one write: of a torn one the first may be whole.
      disk.failNext('ENOSPC');
      const outcomes = await Promise.allSettled([send(), send()]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      const again = await EmbeddedLog.openOn(disk.boot());
      expect(await again.admin.offsets([{ topic: 't', partition: 0 }])).toEqual([{ start: 0, end: 0 }]);
    }
  });

  test('after a failed sync the log is read-only until it is opened again', async () => {
    const disk = new SimulatedDisk(new Random(7));
    const log = await EmbeddedLog.openOn(disk.boot());
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await log.producer();
    const send = () =>
      producer.send([
        { topic: 't', partition: 0, records: [{ key: null, value: 'x', timestamp: 0, headers: [] }] },
      ]);
    await send();
    // The write goes through, its sync fails.
    disk.failNext('EIO', 2);
    await expect(send()).rejects.toMatchObject({ code: 'LOG_READ_ONLY' });
    await expect(send()).rejects.toMatchObject({ code: 'LOG_READ_ONLY' });
    expect(await log.admin.offsets([{ topic: 't', partition: 0 }])).toEqual([{ start: 0, end: 1 }]);
    await log.close();
    const again = await EmbeddedLog.openOn(disk.boot());
    expect((await again.admin.offsets([{ topic: 't', partition: 0 }]))[0]!.end).toBeGreaterThanOrEqual(1);
  });

  test('a flipped bit in what was durable is reported, never skipped', async () => {
    let reported = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const history = makeHistory(seed);
      const disk = new SimulatedDisk(new Random(seed));
      await runHistory(history, disk.boot(), []);
      const before = await readContent(disk.boot(), history.options);
      const random = new Random(seed);
      for (const name of disk.names().filter((one) => one.endsWith('.log'))) {
        disk.damage(name, random.below(disk.content(name).length));
        await assert.rejects(
          readContent(disk.boot(), history.options),
          (error: Error) => isLogError(error, 'LOG_CORRUPT') && error.message.includes(name),
          `seed ${seed}: damage in ${name} went unnoticed; expected ${before.ids.length} commits`,
        );
        reported++;
        break;
      }
    }
    expect(reported).toBeGreaterThan(30);
  });

  test('a flipped bit in the journal, before what was synced later, is reported', async () => {
    let reported = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const history = {
        ...makeHistory(seed),
        options: { durability: 'commit', checkpointBytes: 1 << 30 } as const,
      };
      if (history.groups.length < 3) continue;
      const disk = new SimulatedDisk(new Random(seed));
      const calls = await callsOf(seed, history);
      // Stop before the closing checkpoint, so that the journal holds everything.
      await stops(runHistory(history, disk.boot({ stopAt: calls - 12 }), []));
      const journal = disk.names().find((name) => name.startsWith('journal-'))!;
      if (disk.content(journal).length < 200) continue;
      disk.damage(journal, 40);
      await assert.rejects(readContent(disk.boot(), history.options), (error: Error) =>
        isLogError(error, 'LOG_CORRUPT'),
      );
      reported++;
    }
    expect(reported).toBeGreaterThan(20);
  });

  test('data without a readable checkpoint is refused, not taken for an empty log', async () => {
    const disk = new SimulatedDisk(new Random(1));
    await runHistory(makeHistory(3), disk.boot(), []);
    for (const name of disk.names().filter((one) => one.startsWith('checkpoint'))) disk.damage(name, 30);
    await assert.rejects(EmbeddedLog.openOn(disk.boot()), (error: Error) => isLogError(error, 'LOG_CORRUPT'));
  });
});
