import assert from 'node:assert/strict';
import { isLogError } from '@millrace/log-client';
import { expect, test } from 'vitest';
import { EmbeddedLog, type EmbeddedLogOptions } from '../src/index.ts';
import type { FileSystem } from '../src/files/file-system.ts';
import { Refusal } from '../src/raw/index.ts';
import { clientBatch } from './client-batches.ts';
import { Random } from './simulation/random.ts';
import { SimulatedDisk, Stopped } from './simulation/simulated-disk.ts';

// Clients' producers and transactions through crashes at every call of the disk.

/** Replay one seed, or run more of them: `MILLRACE_SEED=17 MILLRACE_CLIENT_HISTORIES=1`. */
const firstSeed = Number(process.env['MILLRACE_SEED'] ?? 1);
const histories = Number(process.env['MILLRACE_CLIENT_HISTORIES'] ?? 40);
const partitions = 2;

/** What happens, in order; each step has its number as its value. */
type Step =
  | { readonly kind: 'native'; readonly to: readonly number[] }
  | { readonly kind: 'idempotent'; readonly partition: number }
  | {
      readonly kind: 'transaction';
      readonly to: readonly number[];
      readonly outcome: 'commit' | 'abort' | 'left';
    };

interface History {
  readonly options: EmbeddedLogOptions;
  readonly steps: readonly Step[];
}

function makeHistory(seed: number): History {
  const random = new Random(seed);
  const some = (): number[] => {
    const to = [0, 1].filter(() => random.chance(0.6));
    return to.length === 0 ? [random.below(partitions)] : to;
  };
  const steps = Array.from({ length: 3 + random.below(5) }, (): Step => {
    const kind = random.below(4);
    if (kind === 0) return { kind: 'native', to: some() };
    if (kind === 1) return { kind: 'idempotent', partition: random.below(partitions) };
    const outcome = (['commit', 'commit', 'abort', 'left'] as const)[random.below(4)]!;
    return { kind: 'transaction', to: some(), outcome };
  });
  return {
    steps,
    options: {
      durability: 'commit',
      checkpointBytes: [300, 700, 1 << 20][random.below(3)]!,
      segmentBytes: [200, 1000][random.below(2)]!,
      directBytes: [0, 1 << 30][random.below(2)]!,
      housekeepingMs: Number.POSITIVE_INFINITY,
    },
  };
}

/** How far a run came: the steps that were acknowledged, and the one that was under way. */
interface Progress {
  readonly acked: Set<number>;
  /** The last batch of the idempotent producer in each partition, with its offset once that is known. */
  readonly sent: Map<number, { readonly batch: Buffer; readonly offset: number }>;
}

async function run({ steps, options }: History, fileSystem: FileSystem, progress: Progress): Promise<void> {
  const log = await EmbeddedLog.openOn(fileSystem, options);
  await log.admin.createTopics([{ name: 't', partitions }]);
  const native = await log.producer();
  const { transactions } = log.raw;
  const plain = await transactions.newProducer();
  const sequences = new Map<string, number>();
  const take = (name: string): number => {
    const sequence = sequences.get(name) ?? 0;
    sequences.set(name, sequence + 1);
    return sequence;
  };
  for (const [index, step] of steps.entries()) {
    const value = String(index);
    if (step.kind === 'native') {
      const records = [{ key: null, value, timestamp: index, headers: [] }];
      await native.commit({ records: step.to.map((partition) => ({ topic: 't', partition, records })) });
    } else if (step.kind === 'idempotent') {
      const { partition } = step;
      const batch = clientBatch({ values: [value], ...plain, baseSequence: take(`plain ${partition}`) });
      const offset = await log.raw.append(log.raw.partition('t', partition)!, batch);
      progress.sent.set(partition, { batch, offset });
    } else {
      // Each under an id of its own: one that is left open does not disturb the next.
      const id = `t${index}`;
      const producer = await transactions.open(id, 60_000);
      await transactions.begin(id, producer);
      for (const partition of step.to) {
        const batch = clientBatch({ values: [value], ...producer, baseSequence: 0, transactional: true });
        await log.raw.append(log.raw.partition('t', partition)!, batch);
      }
      const { topicId } = log.raw.partition('t', 0)!;
      transactions.addOffsets(id, producer, { group: 'g', commits: [[topicId, 0, index, '']] });
      if (step.outcome !== 'left') await transactions.end(id, producer, step.outcome);
    }
    progress.acked.add(index);
  }
  await log.close();
}

async function contentOf(log: EmbeddedLog): Promise<string[][]> {
  const found: string[][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const reader = await log.reader([{ topic: 't', partition, offset: 0 }]);
    const values: string[] = [];
    for (;;) {
      const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 100 });
      if (batches.length === 0) break;
      values.push(...batches.flatMap(({ records }) => records.map(({ value }) => String(value))));
    }
    found.push(values);
    await reader.close();
  }
  return found;
}

function isVisible(step: Step): boolean {
  return step.kind !== 'transaction' || step.outcome === 'commit';
}

function targets(step: Step): readonly number[] {
  return step.kind === 'idempotent' ? [step.partition] : step.to;
}

async function check({ steps, options }: History, fileSystem: FileSystem, progress: Progress): Promise<void> {
  const log = await EmbeddedLog.openOn(fileSystem, options);
  if (!(await log.admin.topics(['t'])).has('t')) {
    assert.equal(progress.acked.size, 0, 'the topic was acknowledged and is gone');
    await log.close();
    return;
  }
  const content = await contentOf(log);
  const visible = new Set(content.flat().map(Number));
  for (const [index, step] of steps.entries()) {
    const there = targets(step).map(
      (partition) => content[partition]!.filter((one) => one === String(index)).length,
    );
    assert.equal(new Set(there).size, 1, `step ${index} is there in part: ${there.join(', ')}`);
    assert.ok(there[0]! <= 1, `step ${index} is there ${there[0]} times`);
    if (!isVisible(step)) assert.equal(there[0], 0, `step ${index} was ${step.kind} and not committed`);
    else if (progress.acked.has(index))
      assert.equal(there[0], 1, `step ${index} was acknowledged and is gone`);
  }
  // A later step never without an earlier one.
  const last = Math.max(-1, ...visible);
  for (let index = 0; index < last; index++) {
    if (isVisible(steps[index]!)) assert.ok(visible.has(index), `step ${last} is there without ${index}`);
  }
  const committed = steps.flatMap((step, index) =>
    step.kind === 'transaction' && step.outcome === 'commit' && visible.has(index) ? index : [],
  );
  const [offset] = await log.admin.committed('g', [{ topic: 't', partition: 0 }]);
  assert.equal(offset?.offset, committed.at(-1), 'the offsets are those of the last transaction');
  for (const [partition, { batch, offset: first }] of progress.sent) {
    const log0 = log.raw.partition('t', partition)!;
    assert.equal(log0.stableEnd, log0.end, 'nothing is open any more');
    assert.equal(await log.raw.append(log0, batch), first, 'a batch that is sent again is known');
  }
  assert.deepEqual(await contentOf(log), content);
  await log.close();
}

test(`clients' batches and transactions of ${histories} histories, with a crash at every call`, {
  timeout: 1_200_000,
}, async () => {
  let crashes = 0;
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const history = makeHistory(seed);
    const whole = new SimulatedDisk(new Random(seed));
    const done = { acked: new Set<number>(), sent: new Map() };
    await run(history, whole.boot(), done);
    expect(done.acked.size).toBe(history.steps.length);
    await check(history, whole.boot(), done);
    for (let stopAt = 1; stopAt <= whole.calls; stopAt++) {
      const random = new Random(seed * 1000 + stopAt);
      const disk = new SimulatedDisk(random);
      const progress: Progress = { acked: new Set(), sent: new Map() };
      try {
        await run(history, disk.boot({ stopAt }), progress).catch((error: unknown) => {
          if (!(error instanceof Stopped) && !isLogError(error) && !(error instanceof Refusal)) throw error;
        });
        if (random.chance(0.5)) disk.losePower();
        await check(history, disk.boot(), progress);
      } catch (error) {
        throw new Error(
          `seed ${seed}, stopped at call ${stopAt}: replay with MILLRACE_SEED=${seed} MILLRACE_CLIENT_HISTORIES=1 npx vitest run packages/embedded-log/test/client-crash.test.ts`,
          { cause: error },
        );
      }
      crashes++;
    }
  }
  console.log(`${crashes} crashes with clients recovered`);
});
