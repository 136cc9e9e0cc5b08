import fc from 'fast-check';
import { expect, test } from 'vitest';
import { standbyAssignment } from '../../../src/runtime/assign/standby-assignment.ts';
import { stickyAssignment } from '../../../src/runtime/assign/sticky-assignment.ts';

test('a copy is never where the task is, and there are no more copies than others to keep them', () => {
  const members = [
    { id: 'a', tasks: ['0_0', '0_1'], standbyTasks: [] },
    { id: 'b', tasks: ['0_2', '0_3'], standbyTasks: [] },
  ];
  for (const replicas of [1, 2]) {
    expect(standbyAssignment(['0_0', '0_1', '0_2', '0_3'], members, replicas)).toEqual(
      new Map([
        ['a', ['0_2', '0_3']],
        ['b', ['0_0', '0_1']],
      ]),
    );
  }
  expect(standbyAssignment(['0_0'], [{ id: 'a', tasks: ['0_0'], standbyTasks: [] }], 1)).toEqual(
    new Map([['a', []]]),
  );
});

test('a task that has to move goes where its copy is', () => {
  const after = stickyAssignment(
    ['0_0', '0_1', '0_2', '0_3'],
    [
      { id: 'b', tasks: ['0_2'], caughtUp: ['0_1'] },
      { id: 'c', tasks: ['0_3'], caughtUp: ['0_0'] },
    ],
  );
  expect(after).toEqual(
    new Map([
      ['b', ['0_2', '0_1']],
      ['c', ['0_3', '0_0']],
    ]),
  );
});

const names = ['t0', 't1', 't2', 't3', 't4', 't5'];
const groups = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({ id: fc.constant(id), tasks: fc.subarray(names), standbyTasks: fc.subarray(names) }),
      ),
    ),
  );

test('every task has its copies, on members of their own, and they stay where they are the second time', () => {
  fc.assert(
    fc.property(groups, fc.integer({ min: 0, max: 3 }), (group, replicas) => {
      const tasks = stickyAssignment(names, group);
      const members = group.map(({ id, standbyTasks }) => ({ id, tasks: tasks.get(id)!, standbyTasks }));
      const copies = standbyAssignment(names, members, replicas);
      for (const name of names) {
        const keepers = members.filter(({ id }) => copies.get(id)!.includes(name));
        expect(keepers).toHaveLength(Math.min(replicas, members.length - 1));
        expect(keepers.filter((one) => one.tasks.includes(name))).toEqual([]);
      }
      for (const kept of copies.values()) expect(new Set(kept).size).toBe(kept.length);
      const settled = members.map((one) => ({ ...one, standbyTasks: copies.get(one.id)! }));
      const again = standbyAssignment(names, settled, replicas);
      for (const { id } of members) expect(new Set(again.get(id))).toEqual(new Set(copies.get(id)));
    }),
    { numRuns: 1000 },
  );
});
