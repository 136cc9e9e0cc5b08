import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stickyAssignment } from '../../../src/runtime/assign/sticky-assignment.ts';

const counts = (assignment: Map<string, readonly string[]>) =>
  [...assignment.values()].map((tasks) => tasks.length);

test('a new member takes its share, nothing else moves', () => {
  const before = stickyAssignment(['0_0', '0_1', '0_2', '0_3'], [{ id: 'a', tasks: [] }]);
  const after = stickyAssignment(
    ['0_0', '0_1', '0_2', '0_3'],
    [
      { id: 'a', tasks: before.get('a')! },
      { id: 'b', tasks: [] },
    ],
  );
  expect(after).toEqual(
    new Map([
      ['a', ['0_0', '0_1']],
      ['b', ['0_2', '0_3']],
    ]),
  );
});

test('the tasks of a member that leaves go to the others, which keep their own', () => {
  const after = stickyAssignment(
    ['0_0', '0_1', '0_2'],
    [
      { id: 'b', tasks: ['0_1'] },
      { id: 'c', tasks: ['0_2'] },
    ],
  );
  expect(after.get('b')).toEqual(['0_1', '0_0']);
  expect(after.get('c')).toEqual(['0_2']);
});

const members = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc.record({ id: fc.constant(id), tasks: fc.subarray(['t0', 't1', 't2', 't3', 't4', 't5', 'gone']) }),
      ),
    ),
  );

test('every task has one owner, nobody has two more than anyone else, and it is settled the second time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 6 }), members, (count, group) => {
      const tasks = Array.from({ length: count }, (_, n) => `t${n}`);
      const assignment = stickyAssignment(tasks, group);
      expect([...assignment.values()].flat().toSorted((a, b) => a.localeCompare(b))).toEqual(tasks);
      expect(Math.max(...counts(assignment)) - Math.min(...counts(assignment))).toBeLessThanOrEqual(1);
      const again = stickyAssignment(
        tasks,
        [...assignment].map(([id, owned]) => ({ id, tasks: owned })),
      );
      for (const [id, owned] of assignment) expect(new Set(again.get(id))).toEqual(new Set(owned));
    }),
  );
});
