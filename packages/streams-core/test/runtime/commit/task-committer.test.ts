import {
  type GroupMember,
  type LogClient,
  LogError,
  type LogProducer,
  type LogTransaction,
  noHeaders,
  type PartitionRecords,
  type LogProducerOptions,
} from '@millrace/log-client';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import { type Logger, warningsOnly } from '@millrace/streams-core';
import { describe, expect, test } from 'vitest';
import { failOnProductionError, type ProductionExceptionHandler } from '../../../src/handlers.ts';
import { TaskCommitter } from '../../../src/runtime/commit/task-committer.ts';
import type { ResolvedConfig } from '../../../src/runtime/config.ts';
import type { Task } from '../../../src/runtime/task/task.ts';
import type { PreparedCommit, TaskOutput } from '../../../src/runtime/task/task-options.ts';

interface Held<T> {
  readonly what: string;
  readonly answer: (value: T) => void;
  readonly fail: (error: Error) => void;
}

interface LogSetup {
  readonly guarantee?: 'exactly_once' | 'at_least_once';
  readonly deletesByAge?: boolean;
  readonly retentionMs?: string;
  readonly onProductionError?: ProductionExceptionHandler;
}

/** A log that writes down what it is asked, and answers when the test says so. */
function setUp({
  guarantee = 'exactly_once',
  deletesByAge = false,
  retentionMs = '1000',
  onProductionError = failOnProductionError,
}: LogSetup = {}) {
  const asked: string[] = [];
  const held: Held<number[]>[] = [];
  const transactions: LogTransaction[] = [];
  const write = (what: string): Promise<number[]> => {
    asked.push(what);
    return new Promise((answer, fail) => void held.push({ what, answer, fail }));
  };
  const text = (records: readonly PartitionRecords[]): string =>
    records.map(({ topic, records: list }) => `${topic}*${list.length}`).join(' ');
  let producers = 0;
  const producer = async ({ transactionalId, name }: LogProducerOptions = {}) => {
    const id = `${transactionalId ?? name}#${++producers}`;
    asked.push(`open ${id}`);
    const made: LogProducer = {
      commit: (transaction) => {
        transactions.push(transaction);
        return write(`commit ${id} ${text(transaction.records)}`);
      },
      send: (records) => write(`send ${id} ${text(records)}`),
      close: async () => void asked.push(`close ${id}`),
    };
    return made;
  };
  const log = {
    capabilities: { deletesByAge, isDurable: true },
    producer,
    admin: {
      topics: async (names: readonly string[]) =>
        new Map(
          names.map((name) => [
            name,
            { name, id: `id of ${name}`, partitions: 1, configs: { 'retention.ms': retentionMs } },
          ]),
        ),
      offsets: async () => [{ start: 0, end: 77 }],
    },
  } as unknown as LogClient;
  const warnings: string[] = [];
  const logger: Logger = { ...warningsOnly, warn: (_, message) => void warnings.push(message ?? '') };
  const config = {
    log,
    applicationId: 'app',
    processingGuarantee: guarantee,
    productionExceptionHandler: onProductionError,
    logger,
  } as unknown as ResolvedConfig;
  const directory = { realName: (name: string) => name, partitions: () => 1, knownPartitions: () => 1 };
  const committed: number[] = [];
  const committer = new TaskCommitter(
    config,
    (offsets) => void committed.push(...offsets.map(({ offset }) => offset)),
    directory,
  );
  const member = {
    generation: { memberId: 'm', generation: 4 },
    commit: async (offsets: readonly { readonly offset: number }[]) =>
      void asked.push(`offsets ${offsets.map(({ offset }) => offset).join(' ')}`),
  } as unknown as GroupMember;
  return { asked, held, transactions, committer, member, committed, warnings };
}

const store = (name: string, flushed: (Checkpoint | undefined)[] = []): StateStore =>
  ({
    name,
    streamTime: 9,
    flush: async (at: Checkpoint | undefined) => void flushed.push(at),
  }) as unknown as StateStore;

/** A task that has made a changelog record and two results, and reads on with each commit. */
function taskNamed(name: string, logged = store('counts'), sourced = store('rows')) {
  const record = { key: 'k', value: 'v', timestamp: 5, headers: noHeaders };
  const made: TaskOutput = {
    changelogs: 1,
    records: [
      { topic: 'app-counts-changelog', partition: 0, records: [record] },
      { topic: 'out', partition: 0, records: [record, record] },
    ],
  };
  const checkpoints: (Checkpoint | undefined)[] = [];
  const ends: (readonly (readonly [string, number])[])[] = [];
  let next = 0;
  const task = {
    id: { subTopology: 0, partition: 0 },
    name,
    needsCommit: true,
    positions: [{ topic: 'rows', partition: 0, offset: 31 }],
    stores: {
      changelogs: new Map([['app-counts-changelog', logged]]),
      sourced: [{ store: sourced, topic: 'rows' }],
    },
    drain: () => undefined,
    takeOutput: () => made,
    prepareCommit: (): PreparedCommit => ({
      ...made,
      offsets: [{ topic: 'in', partition: 0, offset: ++next, metadata: '' }],
    }),
    committed: (
      _: unknown,
      changelogEnds: ReadonlyMap<string, number>,
      checkpoint: (topic: string, offset: number, of: StateStore) => Checkpoint,
    ) => {
      ends.push([...changelogEnds]);
      for (const [topic, end] of changelogEnds) checkpoints.push(checkpoint(topic, end, logged));
    },
  };
  return { task: task as unknown as Task, plain: task, checkpoints, ends };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('exactly once', () => {
  test('records and offsets go in one transaction that carries the generation; then checkpoints are known', async () => {
    const { asked, held, transactions, committer, member, committed } = setUp();
    const { task, checkpoints, ends } = taskNamed('0_0');
    await committer.open();
    await committer.prepare(task);
    const commit = committer.commit(task, member);
    expect(committer.isCommitting(task)).toBe(true);
    await turn();
    expect(asked).toEqual(['open app#1', 'commit app#1 app-counts-changelog*1 out*2']);
    expect(transactions[0]!.offsets).toEqual({
      group: 'app',
      member: { memberId: 'm', generation: 4 },
      commits: [{ topic: 'in', partition: 0, offset: 1, metadata: '' }],
    });
    expect([committed, ends]).toEqual([[], []]);
    held[0]!.answer([20, 50]);
    await commit;
    expect(committed).toEqual([1]);
    expect(ends).toEqual([[['app-counts-changelog', 21]]]);
    expect(checkpoints).toEqual([{ topicId: 'id of app-counts-changelog', offset: 21, streamTime: 9 }]);
    expect(committer.isCommitting(task)).toBe(false);
  });

  test('commits of a task follow each other; those of another task do not wait', async () => {
    const { asked, held, committer, member, committed } = setUp();
    const [one, two] = [taskNamed('0_0'), taskNamed('0_1')];
    await committer.open();
    const commits = [one, one, two].map(({ task }) => committer.commit(task, member));
    await turn();
    expect(asked.filter((line) => line.startsWith('commit'))).toHaveLength(2);
    held[0]!.answer([0, 0]);
    await commits[0];
    expect(committer.isCommitting(one.task)).toBe(true);
    await turn();
    expect(held).toHaveLength(3);
    held[2]!.answer([1, 2]);
    held[1]!.answer([1, 2]);
    await Promise.all(commits);
    expect(committed).toEqual([1, 2, 1]);
  });

  test('a task with asynchronous work is waited for before its commit is prepared', async () => {
    const { asked, held, committer, member } = setUp();
    const { task, plain } = taskNamed('0_0');
    let finish = (): void => {};
    plain.drain = () => new Promise<void>((resolve) => void (finish = resolve)) as never;
    await committer.open();
    const commit = committer.commit(task, member);
    await turn();
    expect(asked).toEqual(['open app#1']);
    finish();
    await turn();
    held[0]!.answer([0, 0]);
    await commit;
  });

  test('a failed commit rejects, leaves no checkpoint, and is no longer in flight', async () => {
    const { held, committer, member, committed } = setUp();
    const { task, ends } = taskNamed('0_0');
    await committer.open();
    const commit = committer.commit(task, member);
    const waiting = committer.awaitCommits([task, taskNamed('0_1').task]);
    await turn();
    held[0]!.fail(new LogError('LOG_FENCED', 'another instance has the task'));
    await expect(commit).rejects.toMatchObject({ code: 'LOG_FENCED' });
    await waiting;
    expect([committed, ends, committer.isCommitting(task)]).toEqual([[], [], false]);
  });

  test('commits that are under way can be waited for', async () => {
    const { held, committer, member } = setUp();
    const { task } = taskNamed('0_0');
    await committer.open();
    const commit = committer.commit(task, member);
    let isOver = false;
    const waiting = committer.awaitCommits([task]).then(() => (isOver = true));
    await turn();
    expect(isOver).toBe(false);
    held[0]!.answer([0, 0]);
    await Promise.all([commit, waiting]);
  });

  test('a commit is retried without its rejected record', async () => {
    const { asked, held, committer, member } = setUp({ onProductionError: () => 'continue' });
    const { task } = taskNamed('0_0');
    await committer.open();
    const commit = committer.commit(task, member);
    await turn();
    const rejected = { entry: 1, index: 0 };
    held[0]!.fail(new LogError('LOG_TOO_LARGE', 'it is too large', { rejected }));
    await turn();
    expect(asked.at(-1)).toBe('commit app#1 app-counts-changelog*1 out*1');
    held[1]!.answer([0, 0]);
    await commit;
  });

  test('nothing is sent early', () => {
    expect(setUp().committer.sendsEarly).toBe(false);
    expect(setUp({ guarantee: 'at_least_once' }).committer.sendsEarly).toBe(true);
  });
});

describe('several tasks', () => {
  const three = () => ['0_0', '0_1', '0_2'].map((name) => taskNamed(name));
  const tasksOf = (made: ReturnType<typeof three>) => made.map(({ task }) => task);

  test('are committed in one transaction, changelogs first; each learns how far its own has got', async () => {
    const { asked, held, transactions, committer, member, committed } = setUp();
    const made = three();
    await committer.open();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    expect(asked.at(-1)).toBe(
      `commit app#1 ${'app-counts-changelog*1 '.repeat(3)}${Array(3).fill('out*2').join(' ')}`,
    );
    expect(transactions).toHaveLength(1);
    expect(transactions[0]!.offsets!.commits).toHaveLength(3);
    for (const { task } of made) expect(committer.isCommitting(task)).toBe(true);
    held[0]!.answer([10, 20, 30, 1, 2, 3]);
    await commit;
    expect(made.map(({ ends }) => ends)).toEqual(
      [11, 21, 31].map((end) => [[['app-counts-changelog', end]]]),
    );
    expect(committed).toEqual([1, 1, 1]);
    for (const { task } of made) expect(committer.isCommitting(task)).toBe(false);
  });

  test('fail together, and the next commit of each can be made', async () => {
    const { held, committer, member, committed } = setUp();
    const made = three();
    await committer.open();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    held[0]!.fail(new LogError('LOG_FENCED', 'another instance has one of them'));
    await expect(commit).rejects.toMatchObject({ code: 'LOG_FENCED' });
    expect([committed, made.flatMap(({ ends }) => ends)]).toEqual([[], []]);
    for (const { task } of made) expect(committer.isCommitting(task)).toBe(false);
  });

  test('are committed without a record that the log refuses, whichever made it', async () => {
    const { asked, held, committer, member } = setUp({ onProductionError: () => 'continue' });
    const made = three();
    await committer.open();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    held[0]!.fail(new LogError('LOG_TOO_LARGE', 'it is too large', { rejected: { entry: 4, index: 1 } }));
    await turn();
    expect(asked.at(-1)).toMatch(/ out\*2 out\*1 out\*2$/);
    held[1]!.answer([10, 20, 30, 1, 2, 3]);
    await commit;
    expect(made[2]!.ends).toEqual([[['app-counts-changelog', 31]]]);
  });

  test('do not wait for one with asynchronous work, or with a commit under way', async () => {
    const { asked, held, committer, member } = setUp();
    const made = three();
    let finish = (): void => {};
    made[1]!.plain.drain = () => new Promise<void>((resolve) => void (finish = resolve)) as never;
    await committer.open();
    const earlier = committer.commit(made[2]!.task, member);
    await turn();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    const commits = (): string[] => asked.filter((line) => line.startsWith('commit'));
    expect(commits()).toEqual(Array(2).fill('commit app#1 app-counts-changelog*1 out*2'));
    finish();
    held[0]!.answer([0, 0]);
    await earlier;
    await turn();
    expect(commits()).toHaveLength(4);
    for (const one of held.slice(1)) one.answer([0, 0]);
    await commit;
  });

  test('are all told of, where one cannot be prepared', async () => {
    const { asked, held, committer, member, committed } = setUp();
    const made = three();
    made[1]!.plain.drain = () => {
      throw new Error('its cache cannot be flushed');
    };
    await committer.open();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    expect(asked.at(-1)).toMatch(/ out\*2 out\*2$/);
    held[0]!.answer([0, 0, 0, 0]);
    await expect(commit).rejects.toThrow('its cache cannot be flushed');
    expect(committed).toEqual([1, 1]);
  });

  test('with more than one transaction should hold get another', async () => {
    const { asked, held, committer, member } = setUp();
    const made = three();
    for (const { plain } of made) {
      const output = plain.takeOutput();
      const records = output.records.map((entry) => ({
        ...entry,
        records: Object.assign([...entry.records], { bytes: 6 << 20 }),
      }));
      plain.prepareCommit = () => ({ ...output, records, offsets: [] });
    }
    await committer.open();
    const commit = committer.commitAll(tasksOf(made), member);
    await turn();
    expect(asked.slice(-2)).toEqual([
      'commit app#1 app-counts-changelog*1 app-counts-changelog*1 out*2 out*2',
      'commit app#1 app-counts-changelog*1 out*2',
    ]);
    held[0]!.answer([0, 0, 0, 0]);
    held[1]!.answer([0, 0]);
    await commit;
  });

  test('are committed one by one at least once', async () => {
    const { asked, held, committer, member, committed } = setUp({ guarantee: 'at_least_once' });
    await committer.open();
    const commit = committer.commitAll(tasksOf(three()), member);
    await turn();
    expect(asked.filter((line) => line.startsWith('send'))).toHaveLength(3);
    for (const one of held) one.answer([0, 0]);
    await commit;
    expect(committed).toEqual([1, 1, 1]);
  });
});

describe('the producer', () => {
  test('there is one for all tasks, whose own transactional ids begin with the application id', async () => {
    for (const setup of [{}, { guarantee: 'at_least_once' }] as const) {
      const { asked, committer } = setUp(setup);
      await committer.open();
      await committer.open();
      expect(asked).toEqual(['open app#1']);
    }
  });

  test('it is closed when the committer is, after what is under way', async () => {
    const { asked, held, committer, member } = setUp();
    await committer.open();
    const commit = committer.commit(taskNamed('0_0').task, member);
    await turn();
    const closed = committer.close();
    await turn();
    expect(asked.at(-1)).toMatch(/^commit/);
    held[0]!.answer([0, 0]);
    await Promise.all([commit, closed]);
    expect(asked.at(-1)).toBe('close app#1');
    await committer.close();
    expect(asked.filter((line) => line.startsWith('close'))).toHaveLength(1);
  });
});

describe('at least once', () => {
  const atLeastOnce = () => setUp({ guarantee: 'at_least_once' });

  test('results go out before the offsets that go with them', async () => {
    const { asked, held, committer, member, committed } = atLeastOnce();
    const { task, ends } = taskNamed('0_0');
    await committer.open();
    const commit = committer.commit(task, member);
    await turn();
    expect(asked.at(-1)).toBe('send app#1 app-counts-changelog*1 out*2');
    held[0]!.answer([3, 8]);
    await commit;
    expect(asked.at(-1)).toBe('offsets 1');
    expect([committed, ends]).toEqual([[1], [[['app-counts-changelog', 4]]]]);
  });

  test('one early send of a task is under way; the commit waits for it and knows how far it got', async () => {
    const { asked, held, committer, member } = atLeastOnce();
    const { task, plain, ends } = taskNamed('0_0');
    await committer.open();
    committer.send(task);
    committer.send(task);
    await turn();
    expect(asked.filter((line) => line.startsWith('send'))).toHaveLength(1);
    expect(committer.isCommitting(task)).toBe(true);
    plain.prepareCommit = () => ({
      changelogs: 0,
      records: [],
      offsets: [{ topic: 'in', partition: 0, offset: 6, metadata: '' }],
    });
    const commit = committer.commit(task, member);
    await turn();
    expect(asked.at(-1)).toMatch(/^send/);
    held[0]!.answer([10, 0]);
    await commit;
    expect(asked.at(-1)).toBe('offsets 6');
    expect(ends).toEqual([[['app-counts-changelog', 11]]]);
    // What was noted for this commit is not noted for the next one.
    await committer.commit(task, member);
    expect(ends[1]).toEqual([]);
  });

  test('a task without work sends nothing', async () => {
    const { asked, committer } = atLeastOnce();
    const { task, plain } = taskNamed('0_0');
    await committer.open();
    plain.needsCommit = false;
    committer.send(task);
    expect(committer.isCommitting(task)).toBe(false);
    plain.needsCommit = true;
    plain.takeOutput = () => ({ changelogs: 0, records: [] });
    committer.send(task);
    await turn();
    expect(asked).toEqual(['open app#1']);
    expect(committer.isCommitting(task)).toBe(false);
  });

  test('an early send that failed is thrown by the commit that follows, and no offsets are committed', async () => {
    const { asked, held, committer, member } = atLeastOnce();
    const { task } = taskNamed('0_0');
    await committer.open();
    committer.send(task);
    await turn();
    held[0]!.fail(new LogError('LOG_FULL', 'the disk is full'));
    await committer.awaitCommits([task]);
    await expect(committer.commit(task, member)).rejects.toMatchObject({ code: 'LOG_FULL' });
    expect(asked.some((line) => line.startsWith('offsets'))).toBe(false);
  });
});

describe('a store that is written to disk', () => {
  test('stands where its last commit left it, at the end of its changelog, or where its source is read on', async () => {
    const { held, committer, member } = setUp();
    const flushed: (Checkpoint | undefined)[] = [];
    const [logged, sourced, plain] = ['counts', 'rows', 'plain'].map((name) => store(name, flushed));
    const { task } = taskNamed('0_0', logged, sourced);
    await committer.open();
    await committer.prepare(task);
    await committer.flush(task, logged!);
    await committer.flush(task, sourced!);
    await committer.flush(task, plain!);
    const commit = committer.commit(task, member);
    await turn();
    held[0]!.answer([20, 0]);
    await commit;
    await committer.flush(task, logged!);
    expect(flushed).toEqual([
      { topicId: 'id of app-counts-changelog', offset: 77, streamTime: 9 },
      { topicId: 'id of rows', offset: 31, streamTime: 9 },
      undefined,
      { topicId: 'id of app-counts-changelog', offset: 21, streamTime: 9 },
    ]);
  });
});

describe('what brokers would delete by age', () => {
  const old = /^Changelog "app-counts-changelog" gets records of 1970/;

  async function warningsOf(setup: LogSetup): Promise<string[]> {
    const { held, committer, member, warnings } = setUp(setup);
    const { task } = taskNamed('0_0');
    await committer.open();
    await committer.prepare(task);
    const commit = committer.commit(task, member);
    await turn();
    held[0]!.answer([0, 0]);
    await commit;
    return warnings;
  }

  test.each(['exactly_once', 'at_least_once'] as const)('is warned of, %s', async (guarantee) => {
    expect(await warningsOf({ guarantee, deletesByAge: true })).toEqual([expect.stringMatching(old)]);
  });

  test("is not there on a log that goes by the records' own time, and in topics that are kept", async () => {
    expect(await warningsOf({})).toEqual([]);
    expect(await warningsOf({ deletesByAge: true, retentionMs: '-1' })).toEqual([]);
  });
});
