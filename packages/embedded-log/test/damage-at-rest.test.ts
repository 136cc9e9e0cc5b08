import assert from 'node:assert/strict';
import { isLogError, noHeaders } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { EmbeddedLog } from '../src/index.ts';
import { type Content, type History, makeHistory, readContent, runHistory } from './simulation/history.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk, Stopped } from './simulation/simulated-disk.ts';

/** Replay one seed, or run more of them: `MILLRACE_SEED=17 MILLRACE_DAMAGED_HISTORIES=1`. */
const firstSeed = Number(process.env['MILLRACE_SEED'] ?? 1);
const histories = Number(process.env['MILLRACE_DAMAGED_HISTORIES'] ?? 1);

type Files = ReadonlyMap<string, Buffer>;

interface Damage {
  readonly what: string;
  readonly file: string;
  /** The file as it is afterwards; undefined where it is gone. */
  readonly content: Buffer | undefined;
}

/**
 * A bit of every byte (every bit of small files), cuts, holes, strange bytes at the end, and the file gone.
 */
function* damagesOf(file: string, content: Buffer, random: Random): Generator<Damage> {
  const bits = content.length < 300 ? [0, 1, 2, 3, 4, 5, 6, 7] : [random.below(8)];
  for (let at = 0; at < content.length; at++) {
    for (const bit of bits) {
      const flipped = Buffer.from(content);
      flipped[at]! ^= 1 << bit;
      yield { what: `bit ${bit} of byte ${at} flipped`, file, content: flipped };
    }
  }
  for (const size of [0, 1, content.length >> 1, content.length - 1]) {
    if (size >= 0 && size < content.length)
      yield { what: `cut to ${size} bytes`, file, content: content.subarray(0, size) };
  }
  for (const size of [16, 512]) {
    const at = random.below(content.length + 1);
    const hole = Buffer.from(content);
    hole.fill(0, at, Math.min(at + size, hole.length));
    if (!hole.equals(content)) yield { what: `zeros from byte ${at}`, file, content: hole };
  }
  yield { what: 'strange bytes at its end', file, content: Buffer.concat([content, Buffer.alloc(100, 7)]) };
  yield { what: 'gone', file, content: undefined };
}

function damaged(files: Files, { file, content }: Damage): Map<string, Buffer> {
  const left = new Map(files);
  if (content === undefined) left.delete(file);
  else left.set(file, content);
  return left;
}

async function check(history: History, files: Files, damage: Damage, whole: Content): Promise<boolean> {
  const disk = SimulatedDisk.holding(damaged(files, damage), new Random(1));
  let found: Content;
  try {
    found = await readContent(disk.boot(), history.options);
  } catch (error) {
    assert.ok(isLogError(error), `not a named error: ${String(error)}`);
    return false;
  }
  assert.deepEqual(found, whole);
  // What was put right stays right.
  disk.losePower();
  assert.deepEqual(await readContent(disk.boot(), history.options), whole);
  return true;
}

/** The end of the last journal can be torn without a trace: it is damaged in other ways only. */
function isTear({ file, what }: Damage, files: Files): boolean {
  const last = [...files.keys()]
    .filter((name) => name.startsWith('journal-'))
    .toSorted()
    .at(-1);
  return file === last && /^(cut|zeros)/.test(what);
}

async function damageAll(seed: number, history: History, files: Files) {
  const whole = await readContent(SimulatedDisk.holding(files, new Random(1)).boot(), history.options);
  const outcomes = { right: 0, refused: 0 };
  for (const [file, content] of files) {
    for (const damage of damagesOf(file, content, new Random(seed))) {
      if (isTear(damage, files)) continue;
      try {
        const right = await check(history, files, damage, whole);
        outcomes[right ? 'right' : 'refused']++;
      } catch (error) {
        throw new Error(
          `seed ${seed}, ${damage.file}: ${damage.what}: replay with MILLRACE_SEED=${seed} MILLRACE_DAMAGED_HISTORIES=1 npx vitest run packages/embedded-log/test/damage-at-rest.test.ts`,
          { cause: error },
        );
      }
    }
  }
  return outcomes;
}

test('a closed log with any file damaged gives all its records or a named error', {
  timeout: 120_000,
}, async () => {
  const outcomes = { right: 0, refused: 0 };
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const history = makeHistory(seed);
    const disk = new SimulatedDisk(new Random(seed));
    await runHistory(history, disk.boot(), []);
    const { right, refused } = await damageAll(seed, history, disk.contents());
    outcomes.right += right;
    outcomes.refused += refused;
  }
  console.log(`${outcomes.right} damages mended, ${outcomes.refused} refused by name`);
  expect(outcomes.right).toBeGreaterThan(100);
  expect(outcomes.refused).toBeGreaterThan(100);
});

test('a killed log that was opened again, with any file damaged, gives all its records or a named error', {
  timeout: 120_000,
}, async () => {
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const made = makeHistory(seed);
    // Without a sync for each commit, damage may be what a power loss left of a commit that was never
    // durable.
    const history: History = { ...made, options: { ...made.options, durability: 'commit' } };
    const disk = new SimulatedDisk(new Random(seed));
    await runHistory(history, disk.boot(), []);
    const stopAt = Math.floor(disk.calls * 0.8);
    const killed = new SimulatedDisk(new Random(seed));
    await runHistory(history, killed.boot({ stopAt }), []).catch((error: unknown) => {
      if (!(error instanceof Stopped) && !isLogError(error)) throw error;
    });
    // Where the slots are whole: of a slot that the kill tore, the other one is the only copy.
    // What is found at an open is marked as durable: later damage to it is not taken for a torn write.
    const settled = SimulatedDisk.holding(killed.contents(), new Random(seed));
    await readContent(settled.boot(), history.options);
    await damageAll(seed, history, settled.contents());
  }
});

test('one flipped bit in the newer checkpoint of a closed log loses nothing', async () => {
  const disk = new SimulatedDisk(new Random(1));
  const send = async (count: number): Promise<void> => {
    const log = await EmbeddedLog.openOn(disk.boot());
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const producer = await log.producer();
    for (let n = 0; n < count; n++) {
      const records = [{ key: 'k', value: 'v', timestamp: 0, headers: noHeaders }];
      await producer.send([{ topic: 't', partition: 0, records }]);
    }
    await log.close();
  };
  await send(10);
  await send(90);
  disk.damage('checkpoint-a', 40);
  const log = await EmbeddedLog.openOn(disk.boot());
  expect(await log.admin.offsets([{ topic: 't', partition: 0 }])).toEqual([{ start: 0, end: 100 }]);
  await log.close();
});

test('a journal that a checkpoint names and that is gone is refused by name', async () => {
  const disk = new SimulatedDisk(new Random(1));
  await runHistory(makeHistory(3), disk.boot(), []);
  const files = disk.contents();
  const newest = [...files.keys()]
    .filter((name) => name.startsWith('journal-'))
    .toSorted()
    .at(-1)!;
  files.delete(newest);
  const left = SimulatedDisk.holding(files, new Random(1));
  await expect(EmbeddedLog.openOn(left.boot())).rejects.toMatchObject({
    code: 'LOG_CORRUPT',
    message: expect.stringContaining(`${newest} is missing`),
  });
  expect(left.contents()).toEqual(files);
});
