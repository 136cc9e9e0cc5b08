import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { caughtUpTasks, type StatefulMember } from '../../../src/runtime/assign/caught-up.ts';
import { stickyAssignment } from '../../../src/runtime/assign/sticky-assignment.ts';
import { planWarmUps } from '../../../src/runtime/assign/warm-up.ts';

const state = (disk: string, lags: Record<string, number> = {}, sizes: Record<string, number> = {}) => ({
  disk,
  lags,
  sizes,
});

function member(id: string, tasks: string[], data: Partial<StatefulMember['data']> = {}): StatefulMember {
  return { id, tasks, data: { standbyTasks: [], ...data } };
}

const listed = (found: ReadonlyMap<string, ReadonlySet<string>>): Record<string, string[]> =>
  Object.fromEntries([...found].map(([id, tasks]) => [id, [...tasks]]));

describe('members that have caught up with a task', () => {
  const sizes = { t: 1000 };

  test('its owner, and those who share the owner’s disk', () => {
    const members = [
      member('owner', ['t'], { state: state('d1', {}, sizes) }),
      member('neighbour', [], { state: state('d1') }),
      member('other', [], { state: state('d2') }),
      member('diskless', []),
    ];
    expect(listed(caughtUpTasks(['t'], members, 100))).toEqual({
      owner: ['t'],
      neighbour: ['t'],
      other: [],
      diskless: [],
    });
  });

  test('those with files that are little behind, and those that follow it', () => {
    const members = [
      member('near', [], { state: state('d1', { t: 100 }, sizes) }),
      member('far', [], { state: state('d2', { t: 101 }) }),
      member('follows', [], { standbyTasks: ['t'], state: state('d3') }),
    ];
    expect(listed(caughtUpTasks(['t'], members, 100))).toEqual({ near: ['t'], far: [], follows: ['t'] });
  });

  test('one that follows it, whatever a neighbour on its disk found there earlier', () => {
    const members = [
      member('owner', ['t'], { state: state('d1', {}, sizes) }),
      member('follows', [], { standbyTasks: ['t'], state: state('d2') }),
      member('neighbour', [], { state: state('d2', { t: 900 }) }),
    ];
    expect(listed(caughtUpTasks(['t'], members, 100))).toEqual({
      owner: ['t'],
      follows: ['t'],
      neighbour: [],
    });
  });

  test('everyone, where it is small or nobody knows its size', () => {
    for (const known of [{}, { t: 100 }]) {
      const members = [member('a', ['t'], { state: state('d1', {}, known) }), member('b', [])];
      expect(listed(caughtUpTasks(['t'], members, 100))).toEqual({ a: ['t'], b: ['t'] });
    }
  });
});

describe('a stateful task', () => {
  const plan = (caughtUp: Record<string, string[]>, maxWarmUps = 2) => {
    const { tasks, warmUps } = planWarmUps({
      target: new Map([
        ['new', ['t0', 't1', 't2']],
        ['old', ['t3']],
      ]),
      owned: new Map([
        ['new', []],
        ['old', ['t0', 't1', 't2', 't3']],
      ]),
      stateful: new Set(['t0', 't1', 't2', 't3']),
      caughtUp: new Map(Object.entries(caughtUp).map(([id, names]) => [id, new Set(names)])),
      maxWarmUps,
    });
    return [Object.fromEntries(tasks), Object.fromEntries(warmUps)];
  };

  test('stays where it is while so many others warm up, and moves once it has caught up', () => {
    const old = ['t0', 't1', 't2', 't3'];
    expect(plan({ new: [], old })).toEqual([
      { new: [], old: ['t0', 't1', 't2', 't3'] },
      { new: ['t0', 't1'], old: [] },
    ]);
    expect(plan({ new: ['t0', 't1'], old })).toEqual([
      { new: ['t0', 't1'], old: ['t2', 't3'] },
      { new: ['t2'], old: [] },
    ]);
    expect(plan({ new: old, old })[1]).toEqual({ new: [], old: [] });
  });

  test('that nobody has the state of goes where it is to go', () => {
    expect(plan({ new: [], old: ['t3'] })).toEqual([
      { new: ['t0', 't1', 't2'], old: ['t3'] },
      { new: [], old: [] },
    ]);
  });
});

const names = ['t0', 't1', 't2', 't3', 't4', 't5'];
const groups = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  .chain((ids) =>
    fc.tuple(
      fc.array(fc.integer({ min: -1, max: ids.length - 1 }), { minLength: 6, maxLength: 6 }),
      ...ids.map((id) => fc.record({ id: fc.constant(id), caughtUp: fc.subarray(names) })),
    ),
  );

/** Warm-ups finish and the group assigns again, until nothing changes. */
test('whatever is where, each task is on one member that has its state, and the group ends up even', () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 1, max: 3 }), ([owners, ...group], maxWarmUps) => {
      let owned = new Map(
        group.map(({ id }, at) => [id, names.filter((_, task) => owners[task] === at)] as const),
      );
      const caughtUp = new Map(
        group.map((one) => [one.id, new Set([...one.caughtUp, ...owned.get(one.id)!])]),
      );
      for (let round = 0; round < 20; round++) {
        const members = group.map(({ id }) => ({
          id,
          tasks: owned.get(id)!,
          caughtUp: [...caughtUp.get(id)!],
        }));
        const target = stickyAssignment(names, members);
        const stateful = new Set(names);
        const { tasks, warmUps } = planWarmUps({ target, owned, stateful, caughtUp, maxWarmUps });
        expect([...tasks.values()].flat().toSorted()).toEqual(names);
        expect([...warmUps.values()].flat().length).toBeLessThanOrEqual(maxWarmUps);
        for (const [id, own] of tasks) {
          for (const task of own) {
            const someone = [...caughtUp.values()].some((has) => has.has(task));
            expect(!someone || caughtUp.get(id)!.has(task)).toBe(true);
          }
        }
        const settled =
          [...warmUps.values()].every((list) => list.length === 0) &&
          group.every(({ id }) => tasks.get(id)!.toSorted().join() === [...owned.get(id)!].toSorted().join());
        owned = new Map([...tasks].map(([id, own]) => [id, [...own]]));
        for (const { id } of group) for (const task of owned.get(id)!) caughtUp.get(id)!.add(task);
        for (const [id, list] of warmUps) for (const task of list) caughtUp.get(id)!.add(task);
        if (settled) {
          const counts = [...tasks.values()].map((own) => own.length);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          return;
        }
      }
      expect.fail('the group did not settle within 20 rounds');
    }),
    { numRuns: 500 },
  );
});
