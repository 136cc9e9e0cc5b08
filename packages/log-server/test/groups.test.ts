import { type GroupOptions, type LogClient, noHeaders } from '@millrace/log-client';
import { kafkaLog } from '@millrace/kafka';
import { describe, expect, test } from 'vitest';
import { ClassicGroup } from '../src/groups/classic-group.ts';
import { type JoinAnswer, type JoinRequest, MemberIdRequired } from '../src/groups/group-member.ts';
import { closeLater, served } from './served.ts';

let ids = 0;

function group(maxSize = Number.POSITIVE_INFINITY): ClassicGroup {
  return new ClassicGroup({ name: 'g', maxSize, newMemberId: () => `m${++ids}` });
}

function request(change: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('m') }],
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    ...change,
  };
}

const other = { name: 'range', metadata: Buffer.from('other') };
const direct = { needsId: false } as const;
const caller = ({ memberId, generationId }: JoinAnswer, groupInstanceId: string | null = null) => ({
  memberId,
  generationId,
  groupInstanceId,
});

async function assigned(of: ClassicGroup, answers: readonly JoinAnswer[]): Promise<string[]> {
  const shares = answers.map(({ memberId }) => ({ memberId, assignment: Buffer.from(`for ${memberId}`) }));
  const synced = answers.map((one) => of.sync(caller(one), one.memberId === one.leader ? shares : []));
  return (await Promise.all(synced)).map(String);
}

describe('a group of Kafka clients', () => {
  test('members join, the leader assigns, each gets its share', async () => {
    const one = group();
    const joined = await Promise.all([one.join(request(), direct), one.join(request(), direct)]);
    const leader = joined.find(({ memberId, leader: name }) => memberId === name)!;
    expect(leader.members).toHaveLength(2);
    expect(joined.filter(({ members }) => members.length > 0)).toHaveLength(1);
    expect(one.state).toBe('CompletingRebalance');
    expect(await assigned(one, joined)).toEqual(joined.map(({ memberId }) => `for ${memberId}`));
    expect(one.state).toBe('Stable');
    for (const member of joined) one.heartbeat(caller(member));
  });

  test('a newcomer makes the others join again; who does not is taken out in the end', async () => {
    const one = group();
    const first = await one.join(request({ rebalanceTimeoutMs: 50 }), direct);
    await assigned(one, [first]);
    const second = one.join(request({ rebalanceTimeoutMs: 50 }), direct);
    expect(one.state).toBe('PreparingRebalance');
    expect(() => one.heartbeat(caller(first))).toThrow(
      expect.objectContaining({ type: 'REBALANCE_IN_PROGRESS' }),
    );
    one.expire(performance.now() + 20);
    expect(one.size).toBe(2);
    one.expire(performance.now() + 1000);
    expect((await second).generationId).toBe(2);
    expect(one.size).toBe(1);
    expect(() => one.heartbeat(caller(first))).toThrow(
      expect.objectContaining({ type: 'UNKNOWN_MEMBER_ID' }),
    );
  });

  test('a member that is silent for its session is taken out, one that waits for the others is not', async () => {
    const one = group();
    const first = await one.join(request({ sessionTimeoutMs: 100 }), direct);
    await assigned(one, [first]);
    one.expire(performance.now() + 50);
    expect(one.size).toBe(1);
    one.expire(performance.now() + 150);
    expect([one.size, one.state]).toEqual([0, 'Empty']);
  });

  test('who joins without an id gets one first; a lost answer leaves no member behind', async () => {
    const one = group();
    const given = (() => {
      try {
        void one.join(request(), { needsId: true });
      } catch (error) {
        return error as MemberIdRequired;
      }
      throw new Error('it joined');
    })();
    expect(given).toBeInstanceOf(MemberIdRequired);
    expect(one.size).toBe(0);
    const joined = await one.join(request({ memberId: given.memberId }), { needsId: true });
    expect(joined.memberId).toBe(given.memberId);
    expect(() => one.join(request({ memberId: 'made up' }), direct)).toThrow(
      expect.objectContaining({ type: 'UNKNOWN_MEMBER_ID' }),
    );
  });

  test('the others wait for one that was given an id, until that id expires', async () => {
    const one = group();
    const first = await one.join(request(), direct);
    await assigned(one, [first]);
    expect(() => one.join(request({ sessionTimeoutMs: 100 }), { needsId: true })).toThrow(MemberIdRequired);
    const again = one.join(request({ memberId: first.memberId, protocols: [other] }), direct);
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.state).toBe('PreparingRebalance');
    one.expire(performance.now() + 1000);
    expect((await again).generationId).toBe(first.generationId + 1);
  });

  test('a static member comes back under a new id, and nobody else notices', async () => {
    const one = group();
    const [first, other] = await Promise.all([
      one.join(request({ groupInstanceId: 'i' }), direct),
      one.join(request(), direct),
    ]);
    await assigned(one, [first!, other!]);
    const back = await one.join(request({ groupInstanceId: 'i' }), direct);
    expect([back.generationId, one.state]).toEqual([1, 'Stable']);
    expect(back.memberId).not.toBe(first!.memberId);
    expect(String(await one.sync(caller(back, 'i'), []))).toBe(`for ${first!.memberId}`);
    expect(() => one.heartbeat(caller(first!, 'i'))).toThrow(
      expect.objectContaining({ type: 'FENCED_INSTANCE_ID' }),
    );
    one.heartbeat(caller(other!));
  });

  test.each([
    ['another kind', { protocolType: 'connect' }],
    ['no protocol in common', { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }],
    ['no protocol at all', { protocols: [] }],
  ])('a newcomer of %s is refused', async (_, change) => {
    const one = group();
    await one.join(request(), direct);
    expect(() => one.join(request(change), direct)).toThrow(
      expect.objectContaining({ type: 'INCONSISTENT_GROUP_PROTOCOL' }),
    );
  });

  test('the protocol is one that all know and most prefer', async () => {
    const one = group();
    const named = (...names: string[]) =>
      request({ protocols: names.map((name) => ({ name, metadata: Buffer.alloc(0) })) });
    const joined = await Promise.all([
      one.join(named('a', 'b', 'c'), direct),
      one.join(named('b', 'c'), direct),
      one.join(named('c', 'b', 'x'), direct),
    ]);
    expect(new Set(joined.map(({ protocolName }) => protocolName))).toEqual(new Set(['b']));
  });

  test('offsets are committed by members of the generation, and by nobody in particular while it is empty', async () => {
    const one = group();
    const nobody = { memberId: '', generationId: -1, groupInstanceId: null };
    const plain = { isTransactional: false };
    one.assertMayCommit(nobody, plain);
    const joined = await one.join(request(), direct);
    expect(() => one.assertMayCommit(nobody, plain)).toThrow(
      expect.objectContaining({ type: 'UNKNOWN_MEMBER_ID' }),
    );
    expect(() => one.assertMayCommit(caller(joined), plain)).toThrow(
      expect.objectContaining({ type: 'REBALANCE_IN_PROGRESS' }),
    );
    await assigned(one, [joined]);
    one.assertMayCommit(caller(joined), plain);
    expect(() => one.assertMayCommit({ ...caller(joined), generationId: 7 }, plain)).toThrow(
      expect.objectContaining({ type: 'ILLEGAL_GENERATION' }),
    );
    one.assertMayCommit(nobody, { isTransactional: true });
  });
});

describe('members of two kinds', () => {
  const assignor: GroupOptions['assignor'] = {
    name: 'all-to-first',
    assign: (members, partitions) =>
      new Map([
        [
          members[0]!.id,
          [...partitions].flatMap(([topic, count]) =>
            Array.from({ length: count }, (_, partition) => ({ topic, partition })),
          ),
        ],
      ]),
  };
  const options: GroupOptions = {
    group: 'g',
    topics: ['t'],
    assignor,
    maxPollIntervalMs: 5000,
    onAssigned: async () => {},
    onRevoked: async () => {},
    onLost: async () => {},
  };

  test('do not share a group: whoever comes second is told', async () => {
    const { log, server } = await served();
    const client: LogClient = closeLater(kafkaLog({ brokers: [server.address], heartbeatIntervalMs: 50 }));
    await log.admin.createTopics([{ name: 't', partitions: 1 }]);
    const native = await log.join(options);
    const stranger = await client.join(options);
    const refused = async (): Promise<string> => {
      for (;;) {
        try {
          await stranger.poll({ maxWaitMs: 50, maxRecords: 1 });
        } catch (error) {
          return String(error);
        }
      }
    };
    expect(await refused()).toMatch(/INCONSISTENT_GROUP_PROTOCOL/);
    await native.close();
    const second = await client.join({ ...options, group: 'h' });
    await expect
      .poll(async () => {
        await second.poll({ maxWaitMs: 20, maxRecords: 1 });
        return second.generation.generation;
      })
      .toBeGreaterThan(0);
    await expect(log.join({ ...options, group: 'h' })).rejects.toMatchObject({
      code: 'LOG_FENCED',
      message: expect.stringMatching(/joined as Kafka clients/),
    });
    const groups = await log.admin.groups();
    expect(groups.find((one) => one.group === 'h')?.members).toBe(1);
    await second.close();
  });

  test('see what the others write, and what they have committed', async () => {
    const { log, server } = await served();
    const client: LogClient = closeLater(kafkaLog({ brokers: [server.address] }));
    await client.admin.createTopics([{ name: 't', partitions: 1 }]);
    const records = (value: string) => [
      { topic: 't', partition: 0, records: [{ key: 'k', value, timestamp: 1, headers: noHeaders }] },
    ];
    const commits = [{ topic: 't', partition: 0, offset: 1, metadata: 'm' }];
    await (await log.producer()).commit({ records: records('native'), offsets: { group: 'g', commits } });
    expect(await client.admin.committed('g', commits)).toEqual([{ offset: 1, metadata: 'm' }]);
    const producer = await client.producer({ transactionalId: 'x' });
    await producer.commit({
      records: records('client'),
      offsets: { group: 'g', commits: [{ ...commits[0]!, offset: 2 }] },
    });
    expect(await log.admin.committed('g', commits)).toEqual([{ offset: 2, metadata: 'm' }]);
    const reader = await log.reader([{ topic: 't', partition: 0, offset: 0 }]);
    const batches = await reader.poll({ maxWaitMs: 1000, maxRecords: 10 });
    expect(batches.flatMap((batch) => batch.records.map(({ value }) => String(value)))).toEqual([
      'native',
      'client',
    ]);
  });
});
