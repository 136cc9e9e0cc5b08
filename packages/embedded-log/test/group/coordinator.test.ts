import {
  type Assignor,
  type AssignorMember,
  type GroupOptions,
  isLogError,
  parseTopicPartition,
  type TopicPartition,
  topicPartitionKey,
} from '@millrace/log-client';
import { describe, expect, test, vi } from 'vitest';
import { GroupCoordinator, type MemberState } from '../../src/group/coordinator.ts';
import { type GroupPlan, memberOptions } from '../../src/group/member-options.ts';

const at = (...keys: readonly string[]): TopicPartition[] => keys.map(parseTopicPartition);
const keysOf = (partitions: readonly TopicPartition[]): string[] =>
  partitions.map(({ topic, partition }) => topicPartitionKey(topic, partition));
const nothing = async (): Promise<void> => {};

/** A group whose assignment the test says: the partitions of each member, in the order of joining. */
function groupOf() {
  const plan: { targets: readonly (readonly string[])[]; userData?: readonly (string | undefined)[] } = {
    targets: [],
  };
  const seen: { members: readonly AssignorMember[]; counts: ReadonlyMap<string, number> }[] = [];
  const assignor: Assignor = {
    name: 'told',
    assign(members, counts) {
      seen.push({ members, counts });
      return new Map(
        members.flatMap(({ id }, index) =>
          plan.targets[index] === undefined ? [] : [[id, at(...plan.targets[index])] as const],
        ),
      );
    },
    userData: (members) =>
      new Map(
        members.flatMap(({ id }, index) => {
          const text = plan.userData?.[index];
          return text === undefined ? [] : [[id, Buffer.from(text)] as const];
        }),
      ),
  };
  const onChange = vi.fn<() => void>();
  const counts = new Map([
    ['a', 2],
    ['b', 1],
  ]);
  const group = new GroupCoordinator('g', (topic) => counts.get(topic) ?? 0, onChange);
  const join = (options: Partial<GroupOptions> = {}, now = 0): MemberState =>
    group.join(
      memberOptions({
        group: 'g',
        topics: ['a'],
        assignor,
        maxPollIntervalMs: 100,
        onRevoked: nothing,
        onAssigned: nothing,
        onLost: nothing,
        ...options,
      }),
      now,
    );
  return { group, plan, seen, join, onChange };
}

/** The error of a commit for partitions; undefined where it may. */
function refusal(
  group: GroupCoordinator,
  member: MemberState | undefined,
  ...keys: string[]
): string | undefined {
  const committer = member && { memberId: member.id, generation: group.generation };
  try {
    group.assertMayCommit(committer, at(...keys));
    return undefined;
  } catch (error) {
    if (isLogError(error, 'LOG_FENCED')) return error.message;
    throw error;
  }
}

describe('an assignment', () => {
  test('sees members with what they own and say, and every topic of theirs once, by name', () => {
    const { group, plan, seen, join } = groupOf();
    plan.targets = [['a-0']];
    const first = join({ topics: ['b', 'a'], userData: Buffer.from('hi') });
    group.takeFree(first, group.plan);
    join({ topics: ['a'] });
    const { members, counts } = seen.at(-1)!;
    expect([...counts]).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(members.map(({ topics, userData, owned }) => [topics, String(userData), keysOf(owned)])).toEqual([
      [['b', 'a'], 'hi', ['a-0']],
      [['a'], '', []],
    ]);
    expect(members[0]!.id).not.toBe(members[1]!.id);
  });

  test('comes with every change of members, each a generation and told to those who wait', () => {
    const { group, seen, join, onChange } = groupOf();
    expect([group.generation, group.isEmpty, group.size]).toEqual([0, true, 0]);
    const first = join();
    join();
    expect([group.generation, group.isEmpty, group.size, seen.length]).toEqual([2, false, 2, 2]);
    group.remove(first);
    expect([group.generation, group.size, seen.length, onChange.mock.calls.length]).toEqual([3, 1, 3, 3]);
    group.remove(first);
    expect(group.generation).toBe(3);
  });

  test('of a group without members calls no assignor, and notifies readers', () => {
    const { group, seen, join, onChange } = groupOf();
    group.remove(join());
    expect([group.isEmpty, seen.length, onChange.mock.calls.length]).toEqual([true, 1, 2]);
  });

  test('brings user data, which stays until it is heard or replaced', () => {
    const { group, plan, join } = groupOf();
    plan.userData = ['one'];
    const first = join();
    plan.userData = [undefined, 'two'];
    const second = join();
    expect([first, second].map(({ assignedUserData }) => String(assignedUserData))).toEqual(['one', 'two']);
    plan.userData = ['three'];
    group.rebalance();
    expect([first, second].map(({ assignedUserData }) => String(assignedUserData))).toEqual(['three', 'two']);
  });

  test('may come from an assignor that has no user data', () => {
    const { group } = groupOf();
    const assignor: Assignor = { name: 'plain', assign: () => new Map() };
    const member = group.join(
      memberOptions({
        group: 'g',
        topics: ['a'],
        assignor,
        maxPollIntervalMs: 1,
        onRevoked: nothing,
        onAssigned: nothing,
        onLost: nothing,
      }),
      5,
    );
    expect(member).toMatchObject({ assignedUserData: undefined, fenced: false, lastPollAt: 5 });
    expect(member.target).toEqual(new Set());
  });
});

describe('a partition that moves', () => {
  test('is taken only once its owner has released it, and what stays never pauses', () => {
    const { group, plan, join, onChange } = groupOf();
    plan.targets = [['a-0', 'a-1']];
    const first = join();
    expect(keysOf(group.takeFree(first, group.plan))).toEqual(['a-0', 'a-1']);
    expect(group.takeFree(first, group.plan)).toEqual([]);
    plan.targets = [['a-0'], ['a-1']];
    const second = join();
    expect([group.takeFree(second, group.plan), keysOf(group.toRevoke(first))]).toEqual([[], ['a-1']]);
    onChange.mockClear();
    group.release(first, at('a-1'));
    // Those who wait for it look again.
    expect(onChange).toHaveBeenCalledTimes(1);
    expect([group.toRevoke(first), keysOf(group.takeFree(second, group.plan))]).toEqual([[], ['a-1']]);
    expect([...first.owned]).toEqual(['a-0']);
  });

  test('is not freed by a member that does not own it', () => {
    const { group, plan, join } = groupOf();
    plan.targets = [['a-0'], []];
    const [first, second] = [join(), join()];
    group.takeFree(first, group.plan);
    group.release(second, at('a-0'));
    expect(refusal(group, first, 'a-0')).toBeUndefined();
    expect(refusal(group, second, 'a-0')).toMatch(/Member .* of group "g" does not own a-0 any more/u);
  });

  test('is free when its owner leaves, which may commit no more', () => {
    const { group, plan, join } = groupOf();
    plan.targets = [['a-0', 'a-1']];
    const first = join();
    group.takeFree(first, group.plan);
    const second = join();
    group.remove(first);
    expect([first.fenced, first.owned.size, second.fenced]).toEqual([true, 0, false]);
    expect(keysOf(group.takeFree(second, group.plan))).toEqual(['a-0', 'a-1']);
    expect(refusal(group, first, 'a-0')).toContain('does not own a-0 any more: nothing was committed');
    expect(refusal(group, second, 'a-0', 'a-1')).toBeUndefined();
  });

  test('of a deleted topic is owned by nobody, whatever gets its name', () => {
    const { group, plan, join } = groupOf();
    plan.targets = [['a-0', 'b-0'], ['a-1']];
    const [first, second] = [join({ topics: ['a', 'b'] }), join()];
    group.takeFree(first, group.plan);
    group.takeFree(second, group.plan);
    group.forget(new Set(['a']));
    expect([[...first.owned], [...second.owned]]).toEqual([['b-0'], []]);
    expect(refusal(group, second, 'a-1')).toBeDefined();
    expect(keysOf(group.takeFree(first, group.plan))).toEqual(['a-0']);
  });
});

describe('a commit', () => {
  test('must be for partitions that the member owns, all of them', () => {
    const { group, plan, join } = groupOf();
    plan.targets = [['a-0'], ['a-1']];
    const [first, second] = [join(), join()];
    group.takeFree(first, group.plan);
    group.takeFree(second, group.plan);
    expect(refusal(group, first, 'a-0')).toBeUndefined();
    expect(refusal(group, first, 'a-0', 'a-1')).toContain('a-1');
    expect(refusal(group, first)).toBeUndefined();
    expect(refusal(group, second, 'a-0')).toContain('a-0');
  });

  test('from outside is for groups without members', () => {
    const { group, join } = groupOf();
    expect(refusal(group, undefined, 'a-0')).toBeUndefined();
    join();
    expect(refusal(group, undefined, 'a-0')).toContain('Group "g" has members');
  });
});

describe('a silent member', () => {
  test('is fenced after its interval, not before, and its partitions are free', () => {
    const { group, plan, join } = groupOf();
    plan.targets = [['a-0'], []];
    const [silent, other] = [join({}, 0), join({}, 50)];
    group.takeFree(silent, group.plan);
    group.expire(100);
    expect([silent.fenced, group.size]).toEqual([false, 2]);
    plan.targets = [['a-0']];
    group.expire(101);
    expect([silent.fenced, other.fenced, group.size]).toEqual([true, false, 1]);
    expect(keysOf(group.takeFree(other, group.plan))).toEqual(['a-0']);
    other.lastPollAt = 400;
    group.expire(500);
    expect(other.fenced).toBe(false);
  });
});

describe('a description', () => {
  test('says who has what, and whether that is what each is to have', () => {
    const { group, plan, join } = groupOf();
    expect(group.snapshot()).toBeUndefined();
    plan.targets = [['a-0', 'a-1']];
    const first = join();
    const stateOf = (): string => group.snapshot()!.state;
    expect(stateOf()).toBe('rebalancing');
    group.takeFree(first, group.plan);
    expect(group.snapshot()).toEqual({
      state: 'stable',
      members: [{ id: first.id, clientId: '', host: '', partitions: at('a-0', 'a-1') }],
    });
    plan.targets = [['a-0'], ['a-1']];
    const second = join();
    expect(stateOf()).toBe('rebalancing');
    group.release(first, at('a-1'));
    expect(stateOf()).toBe('rebalancing');
    group.takeFree(second, group.plan);
    expect(stateOf()).toBe('stable');
    // As many as it is to have, but others.
    plan.targets = [['a-1'], ['a-0']];
    group.rebalance();
    expect(stateOf()).toBe('rebalancing');
  });
});

describe('a plan that is made in another thread', () => {
  const partitions = at('a-0', 'a-1');

  function slow() {
    const plans: PromiseWithResolvers<GroupPlan>[] = [];
    const onChange = vi.fn();
    const group = new GroupCoordinator('g', () => 2, onChange);
    const join = (): MemberState =>
      group.join(
        {
          topics: ['a'],
          maxPollIntervalMs: 100,
          userData: async () => new Uint8Array(),
          assign: () => {
            const plan = newPlan();
            plans.push(plan);
            return plan.promise;
          },
        },
        0,
      );
    return { group, join, plans, onChange };
  }

  const made = (id: string): GroupPlan => ({ assignment: new Map([[id, partitions]]), userData: undefined });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };

  test('counts once it is there: until then members keep what they have', async () => {
    const { group, join, plans, onChange } = slow();
    const member = join();
    await turns();
    expect([group.snapshot()?.state, member.target.size]).toEqual(['rebalancing', 0]);
    plans[0]!.resolve(made(member.id));
    onChange.mockClear();
    await turns();
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(group.takeFree(member, group.plan)).toEqual(partitions);
    expect(group.snapshot()?.state).toBe('stable');
  });

  test('is dropped where the group has changed meanwhile, and so is its error', async () => {
    const { group, join, plans } = slow();
    const first = join();
    await turns();
    const second = join();
    await turns();
    plans[1]!.resolve(made(second.id));
    await turns();
    plans[0]!.resolve(made(first.id));
    await turns();
    expect([first.target.size, second.target.size, group.plan]).toEqual([0, 2, 1]);
    group.rebalance();
    await turns();
    group.rebalance();
    await turns();
    plans[2]!.reject(new Error('late'));
    plans[3]!.reject(new Error('no plan'));
    await turns();
    expect(() => group.assertPlanned(first)).toThrow('no plan');
    expect(() => group.assertPlanned(first)).not.toThrow();
  });
});

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function newPlan(): PromiseWithResolvers<GroupPlan> {
  let resolve: (plan: GroupPlan) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<GroupPlan>((onPlan, onError) => {
    resolve = onPlan;
    reject = onError;
  });
  return { promise, resolve, reject };
}
