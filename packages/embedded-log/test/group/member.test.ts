import { type GroupMember, type GroupOptions, noHeaders, parseTopicPartition } from '@millrace/log-client';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EmbeddedLog } from '../../src/index.ts';
import type { EmbeddedMember } from '../../src/group/member.ts';

const now = { maxWaitMs: 0, maxRecords: 10 } as const;
const place = { topic: 't', partition: 0 } as const;

/** A log with a topic of two partitions, and members that get what the test says. */
async function group() {
  const log = await EmbeddedLog.inMemory({ housekeepingMs: Number.POSITIVE_INFINITY });
  await log.admin.createTopics([{ name: 't', partitions: 2 }]);
  const plan: { targets: readonly (readonly string[])[]; userData: string } = { targets: [], userData: '' };
  const events: string[] = [];
  /** What happens within a callback. */
  const during: Partial<Record<string, () => Promise<void>>> = {};
  const join = async (name: string, options: Partial<GroupOptions> = {}): Promise<EmbeddedMember> => {
    const note = (what: string) => async (partitions: readonly { partition: number }[]) => {
      events.push(`${name} ${what} ${partitions.map(({ partition }) => partition).join()}`);
      await during[`${name} ${what}`]?.();
    };
    const member: GroupMember = await log.join({
      group: 'g',
      topics: ['t'],
      assignor: {
        name: 'told',
        assign: (members) =>
          new Map(
            members.map(
              ({ id }, index) => [id, (plan.targets[index] ?? []).map(parseTopicPartition)] as const,
            ),
          ),
        ...(plan.userData === ''
          ? {}
          : { userData: (members) => new Map(members.map(({ id }) => [id, Buffer.from(plan.userData)])) }),
      },
      maxPollIntervalMs: 60_000,
      onRevoked: note('revoked'),
      onAssigned: note('assigned'),
      onLost: note('lost'),
      onUserData: (data) => void events.push(`${name} hears ${String(data)}`),
      ...options,
    });
    return member as EmbeddedMember;
  };
  const send = async (value: string, partition = 0): Promise<void> => {
    const producer = await log.producer();
    await producer.send([
      { topic: 't', partition, records: [{ key: null, value, timestamp: 0, headers: noHeaders }] },
    ]);
  };
  return { log, plan, events, during, join, send, take: () => events.splice(0) };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a member', () => {
  test('has its partitions paused until it resumes them, from the offset it seeks', async () => {
    const { log, plan, join, send, take } = await group();
    plan.targets = [['t-0']];
    for (const value of ['a', 'b', 'c']) await send(value);
    const member = await join('m');
    expect(await member.poll(now)).toEqual([]);
    expect(take()).toEqual(['m assigned 0']);
    expect(await member.poll(now)).toEqual([]);
    member.seek(place, 1);
    expect(member.lag(place)).toBe(2);
    member.resume(place);
    const values = async (): Promise<string[]> =>
      (await member.poll(now)).flatMap(({ records }) => records.map(({ value }) => String(value)));
    expect(await values()).toEqual(['b', 'c']);
    member.pause(place);
    await send('d');
    expect(await values()).toEqual([]);
    member.resume(place);
    expect(await values()).toEqual(['d']);
    expect(take()).toEqual([]);
    expect(member.owned()).toEqual([place]);
    await log.close();
  });

  test('hears what the assignor says before it is given partitions, once', async () => {
    const { log, plan, join, take } = await group();
    plan.targets = [['t-0']];
    plan.userData = 'hello';
    const member = await join('m');
    await member.poll(now);
    await member.poll(now);
    expect(take()).toEqual(['m hears hello', 'm assigned 0']);
    member.rejoin();
    await member.poll(now);
    expect(take()).toEqual(['m hears hello']);
    await log.close();
  });

  test('keeps reading what it is to lose until it has released it', async () => {
    const { log, plan, during, join, take } = await group();
    plan.targets = [['t-0', 't-1']];
    const first = await join('m');
    await first.poll(now);
    plan.targets = [['t-0'], ['t-1']];
    const second = await join('n');
    await second.poll(now);
    const other = { topic: 't', partition: 1 } as const;
    let committed: unknown = 'not yet';
    during['m revoked'] = async () => {
      // It owns the partition while it is revoked, and may commit for it.
      committed = await first.commit([{ ...other, offset: 0, metadata: 'last' }]);
      await second.poll(now);
    };
    take();
    await first.poll(now);
    expect([take(), committed]).toEqual([['m revoked 1'], undefined]);
    await second.poll(now);
    expect(take()).toEqual(['n assigned 1']);
    await expect(first.commit([{ ...other, offset: 0, metadata: '' }])).rejects.toMatchObject({
      code: 'LOG_FENCED',
    });
    expect(() => first.lag(other)).toThrow('does not have t-1 assigned');
    await log.close();
  });

  test('does not wait for records in a poll that moved partitions', async () => {
    const { log, plan, join } = await group();
    plan.targets = [['t-0']];
    const member = await join('m');
    const started = performance.now();
    await member.poll({ maxWaitMs: 30_000, maxRecords: 1 });
    expect(performance.now() - started).toBeLessThan(10_000);
    plan.targets = [[]];
    member.rejoin();
    await member.poll({ maxWaitMs: 30_000, maxRecords: 1 });
    expect(performance.now() - started).toBeLessThan(10_000);
    await log.close();
  });

  test('that was silent too long comes back as another one, and has lost what it had', async () => {
    vi.useFakeTimers();
    const { log, plan, join, take } = await group();
    plan.targets = [['t-0']];
    const member = await join('m', { maxPollIntervalMs: 1000 });
    await member.poll(now);
    vi.advanceTimersByTime(900);
    // A poll says that it is there.
    await member.poll(now);
    vi.advanceTimersByTime(1000);
    const before = member.generation;
    await member.poll(now);
    expect([take(), member.generation]).toEqual([['m assigned 0'], before]);
    vi.advanceTimersByTime(1300);
    expect(member.owned()).toEqual([]);
    await expect(member.commit([{ ...place, offset: 0, metadata: '' }])).rejects.toMatchObject({
      code: 'LOG_FENCED',
    });
    // What nobody is a member of has nothing to be rebalanced.
    const { generation } = member.generation;
    member.rejoin();
    expect(member.generation.generation).toBe(generation);
    await member.poll(now);
    expect(take()).toEqual(['m lost 0']);
    expect(member.generation.memberId).not.toBe(before.memberId);
    await member.poll(now);
    expect(take()).toEqual(['m assigned 0']);
    await log.close();
  });

  test('that is fenced while it lets go takes nothing before it has rejoined', async () => {
    vi.useFakeTimers();
    const { log, plan, during, join, take } = await group();
    plan.targets = [['t-0', 't-1']];
    const member = await join('m', { maxPollIntervalMs: 1000 });
    await member.poll(now);
    plan.targets = [['t-0']];
    member.rejoin();
    during['m revoked'] = async () => {
      vi.advanceTimersByTime(1300);
    };
    take();
    await member.poll(now);
    expect(take()).toEqual(['m revoked 1', 'm lost 0']);
    await log.close();
  });

  test('was not silent while it restored what it was assigned', async () => {
    vi.useFakeTimers();
    const { log, plan, during, join } = await group();
    plan.targets = [['t-0']];
    const member = await join('m', { maxPollIntervalMs: 1000 });
    during['m assigned'] = async () => {
      vi.advanceTimersByTime(900);
    };
    await member.poll(now);
    vi.advanceTimersByTime(900);
    expect(member.owned()).toEqual([place]);
    await log.close();
  });

  test('that is closed leaves its partitions to others', async () => {
    const { log, plan, join } = await group();
    plan.targets = [['t-0']];
    const first = await join('m');
    await first.poll(now);
    const second = await join('n');
    await first.close();
    await second.poll(now);
    expect(second.owned()).toEqual([place]);
    await expect(first.poll(now)).rejects.toMatchObject({ code: 'LOG_CLOSED' });
    await log.close();
  });
});
