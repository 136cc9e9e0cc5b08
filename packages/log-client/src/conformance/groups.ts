import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Assignor, GroupMember, LogClient } from '../log-client.ts';
import type { TopicPartition } from '../topic-partition.ts';
import {
  byUserData,
  eventually,
  createTopic,
  freshName,
  groupOptions,
  readAll,
  record,
  rejectsWith,
  roundRobin,
  text,
  values,
  type LogTest,
} from './support.ts';

const quick = { maxWaitMs: 10, maxRecords: 100 };

/** Polls members in turn until `done`, or fails after twenty seconds. */
async function pollUntil(members: readonly GroupMember[], done: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!done()) {
    assert.ok(Date.now() < deadline, 'the group did not settle within 20 s');
    await Promise.all(members.map((member) => member.poll(quick)));
  }
}

const both = (topic: string): TopicPartition[] => [
  { topic, partition: 0 },
  { topic, partition: 1 },
];

async function filled(log: LogClient, partitions: number): Promise<string> {
  const topic = await createTopic(log, partitions);
  const producer = await log.producer();
  const records = [record('k', 'a'), record('k', 'b')];
  await producer.send(Array.from({ length: partitions }, (_, partition) => ({ topic, partition, records })));
  return topic;
}

export function groupSuite(test: LogTest): void {
  test('a lone member gets every partition, paused until it seeks and resumes', async (log) => {
    const topic = await filled(log, 2);
    const events: string[] = [];
    const member = await log.join(groupOptions(freshName('group'), topic, events));
    await pollUntil([member], () => events.length > 0);
    assert.deepEqual(events, ['assigned 0,1']);
    assert.deepEqual(await member.poll(quick), []);
    for (const partition of [0, 1]) {
      member.seek({ topic, partition }, partition);
      member.resume({ topic, partition });
    }
    const found: string[] = [];
    await (async () => {
      while (found.length < 3) {
        for (const batch of await member.poll(quick)) {
          found.push(...batch.records.map(({ value }) => `${batch.partition}${text(value)}`));
        }
      }
    })();
    assert.deepEqual(found.sort(), ['0a', '0b', '1b']);
    await member.close();
  });

  test('a second member takes half, after the first has released it; the rest stays where it is', async (log) => {
    const topic = await filled(log, 4);
    const group = freshName('group');
    const [first, second]: [string[], string[]] = [[], []];
    const one = await log.join(groupOptions(group, topic, first));
    await pollUntil([one], () => first.length > 0);
    const two = await log.join(groupOptions(group, topic, second));
    await pollUntil([one, two], () => second.length > 0);
    assert.match(first.at(-1)!, /^(revoked|assigned) \d,\d$/);
    assert.match(second[0]!, /^assigned \d,\d$/);
    await two.close();
    const count = first.length;
    await pollUntil([one], () => first.length > count);
    assert.match(first.at(-1)!, /^assigned /);
    await one.close();
  });

  test('members get what the assignor sends them as user data whenever the group changes', async (log) => {
    const topic = await filled(log, 2);
    const group = freshName('group');
    const received: Record<string, string[]> = { a: [], b: [] };
    const join = (name: string): Promise<GroupMember> =>
      log.join({
        ...groupOptions(group, topic),
        userData: Buffer.from(name),
        assignor: {
          ...roundRobin,
          // Each member gets all ids, and how much each is to own.
          userData: (members, assignment) => {
            const all = members
              .map(({ id, userData }) => `${text(userData)}${assignment.get(id)?.length}`)
              .toSorted();
            return new Map(members.map(({ id }) => [id, Buffer.from(all.join(' '))]));
          },
        },
        onUserData: (userData) => received[name]!.push(text(userData) ?? ''),
      });
    const one = await join('a');
    await pollUntil([one], () => received['a']!.at(-1) === 'a2');
    const two = await join('b');
    await pollUntil([one, two], () => Object.values(received).every((heard) => heard.at(-1) === 'a1 b1'));
    await two.close();
    await pollUntil([one], () => received['a']!.at(-1) === 'a2');
    await one.close();
  });

  test('a member whose user data has changed asks for another assignment, and gets it', async (log) => {
    const topic = await filled(log, 2);
    const group = freshName('group');
    let wants = 'none';
    const events: string[] = [];
    const wishes: Assignor = {
      name: 'wishes',
      assign: (members) =>
        new Map(members.map(({ id, userData }) => [id, text(userData) === 'all' ? both(topic) : []])),
      userData: (members) => new Map(members.map(({ id, userData }) => [id, userData])),
    };
    const heard: string[] = [];
    const options = groupOptions(group, topic, events);
    const member = await log.join({
      ...options,
      assignor: wishes,
      get userData() {
        return Buffer.from(wants);
      },
      onUserData: (userData) => heard.push(text(userData) ?? ''),
    });
    await pollUntil([member], () => heard.length > 0);
    assert.deepEqual([heard, events], [['none'], []]);
    wants = 'all';
    member.rejoin();
    await pollUntil([member], () => events.length > 0);
    assert.deepEqual([heard.at(-1), events], ['all', ['assigned 0,1']]);
    await member.close();
  });

  test('a member commits for what it owns, and finds it again', async (log) => {
    const topic = await filled(log, 1);
    const group = freshName('group');
    const events: string[] = [];
    const member = await log.join(groupOptions(group, topic, events));
    await pollUntil([member], () => events.length > 0);
    await member.commit([{ topic, partition: 0, offset: 2, metadata: 'm' }]);
    assert.deepEqual(await log.admin.committed(group, [{ topic, partition: 0 }]), [
      { offset: 2, metadata: 'm' },
    ]);
    await member.close();
    assert.deepEqual(await log.admin.committed(group, [{ topic, partition: 0 }]), [
      { offset: 2, metadata: 'm' },
    ]);
  });

  test('a member that was silent too long is fenced: its commit fails, its partitions move', async (log) => {
    const topic = await filled(log, 1);
    const group = freshName('group');
    const [first, second]: [string[], string[]] = [[], []];
    const silent = await log.join(groupOptions(group, topic, first, 100));
    await pollUntil([silent], () => first.length > 0);
    const { generation } = silent;
    const heir = await log.join(groupOptions(group, topic, second));
    await pollUntil([heir], () => second.length > 0);
    const [of, to] = [await log.producer(), await createTopic(log, 1)];
    const written = (value: string) => [{ topic: to, partition: 0, records: [record('k', value)] }];
    const commits = [{ topic, partition: 0, offset: 1, metadata: '' }];
    const late = { records: written('late'), offsets: { group, member: generation, commits } };
    await rejectsWith('LOG_FENCED', of.commit(late));
    await silent.poll(quick);
    assert.equal(first.at(-1), 'lost 0');
    // Without a generation a commit would be anyone's.
    await rejectsWith(
      'LOG_FENCED',
      of.commit({ ...late, offsets: { ...late.offsets, member: silent.generation } }),
    );
    const heirs = { group, member: heir.generation, commits };
    await (await log.producer()).commit({ records: written("the heir's"), offsets: heirs });
    const began = Date.now();
    assert.deepEqual(values(await readAll(log, to, 0)), ["the heir's"]);
    assert.ok(Date.now() - began < 10_000, 'readers waited for a commit that had been refused');
    await silent.close();
    await heir.close();
  });

  test('a member commits for what it owns while others join and leave', async (log) => {
    const topic = await filled(log, 4);
    const group = freshName('group');
    const events: string[] = [];
    const member = await log.join({ ...groupOptions(group, topic, events), assignor: byUserData });
    await pollUntil([member], () => events.length > 0);
    const [producer, to] = [await log.producer(), await createTopic(log, 1)];
    let isOver = false;
    let commits = 0;
    const committing = (async () => {
      while (!isOver) {
        const records = [{ topic: to, partition: 0, records: [record('k', String(commits))] }];
        const offset = { topic, partition: 0, offset: 1, metadata: String(commits) };
        await producer.commit({ records, offsets: { group, member: member.generation, commits: [offset] } });
        commits++;
        // A log in memory answers at once: timers have their turn.
        await setImmediate();
      }
    })();
    for (let round = 0; round < 3; round++) {
      const others: string[] = [];
      const other = await log.join({
        ...groupOptions(group, topic, others),
        userData: Buffer.from('younger'),
        assignor: byUserData,
      });
      await pollUntil([member, other], () => others.length > 0);
      const known = events.length;
      await other.close();
      await pollUntil([member], () => events.length > known);
    }
    isOver = true;
    await committing;
    assert.deepEqual(
      values(await readAll(log, to, 0)),
      Array.from({ length: commits }, (_, index) => String(index)),
    );
    await member.close();
  });

  test('groups are listed with their members and what they have committed', async (log) => {
    const topic = await filled(log, 2);
    const [silent, busy] = [freshName('group'), freshName('group')];
    const producer = await log.producer();
    const commits = [{ topic, partition: 1, offset: 2, metadata: 'm' }];
    await producer.commit({ records: [], offsets: { group: silent, commits } });
    const events: string[] = [];
    const member = await log.join(groupOptions(busy, topic, events));
    await pollUntil([member], () => events.length > 0);
    const found = new Map((await log.admin.groups()).map((one) => [one.group, one]));
    assert.deepEqual(found.get(silent), { group: silent, members: 0, committed: commits });
    assert.equal(found.get(busy)?.members, 1);
    await member.close();
  });

  test('a group is described with its members and its lag', async (log) => {
    const topic = await filled(log, 2);
    const group = freshName('group');
    assert.equal(await log.admin.describeGroup(group), undefined);
    const events: string[] = [];
    const member = await log.join(groupOptions(group, topic, events));
    await pollUntil([member], () => events.length > 0);
    const [first, second] = await log.admin.offsets([0, 1].map((partition) => ({ topic, partition })));
    await member.commit([{ topic, partition: 1, offset: 1, metadata: '' }]);
    await eventually(async () => {
      const found = (await log.admin.describeGroup(group))!;
      const [{ id, partitions, clientId, host } = assert.fail('it has no member')] = found.members;
      assert.equal(id, member.generation.memberId);
      assert.deepEqual([typeof clientId, typeof host], ['string', 'string']);
      assert.deepEqual(new Set(partitions.map(({ partition }) => partition)), new Set([0, 1]));
      assert.deepEqual(found, {
        group,
        state: 'stable',
        members: [{ id, clientId, host, partitions }],
        partitions: [
          { topic, partition: 0, committed: undefined, end: first!.end, lag: undefined, memberId: id },
          { topic, partition: 1, committed: 1, end: second!.end, lag: second!.end - 1, memberId: id },
        ],
      });
    });
    await member.close();
    await eventually(async () => {
      const { state, members, partitions } = (await log.admin.describeGroup(group))!;
      assert.deepEqual([state, members], ['empty', []]);
      assert.deepEqual(
        partitions.map(({ partition, lag, memberId }) => [partition, lag, memberId]),
        [[1, second!.end - 1, undefined]],
      );
    });
  });

  test('offsets of a group with members cannot be set from outside', async (log) => {
    const topic = await filled(log, 1);
    const group = freshName('group');
    const events: string[] = [];
    const member = await log.join(groupOptions(group, topic, events));
    await pollUntil([member], () => events.length > 0);
    const producer = await log.producer();
    const offsets = { group, commits: [{ topic, partition: 0, offset: 1, metadata: '' }] };
    await rejectsWith('LOG_FENCED', producer.commit({ records: [], offsets }));
    await member.close();
    await producer.commit({ records: [], offsets });
  });
}
