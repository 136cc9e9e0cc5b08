import { type ProducerRecord, type Serde, string, toBytes } from '@millrace/log-client';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryChangelog } from '../src/conformance/support.ts';
import type { GroupSpec } from '../src/kinds/group/spec.ts';
import { GroupView } from '../src/kinds/group/view.ts';
import type { WriteBackLimits } from '../src/layers/write-back.ts';
import { MemoryStore } from '../src/runtime.ts';

const spec: GroupSpec<string, string> = {
  kind: 'group',
  name: 'g',
  key: string(),
  value: string(),
  persistent: true,
  logging: true,
};
const groups = ['a', 'b'];
const names = ['1', '2', '3', '4', 'é'];

interface OpenOptions {
  readonly limits: WriteBackLimits;
  /** As a store on disk that has something in it. */
  readonly reopened?: boolean;
  readonly value?: Serde<string>;
}

function open(
  backing: MemoryStore,
  { limits, reopened = false, value = string() }: OpenOptions,
): GroupView<string, string> {
  if (reopened) Object.defineProperty(backing, 'openedEmpty', { value: false });
  return new GroupView({ ...spec, value }, { backing, timestamp: () => 0, limits });
}

/** What is there, by group and member. */
type Model = Map<string, Map<string, string>>;

const rowsOf = (model: Model, group: string): (readonly [string, string])[] =>
  [...(model.get(group) ?? [])].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

const membersOf = (view: GroupView<string, string>, group: string): (readonly [string, string])[] =>
  view.members(group).map(({ member, value }) => [Buffer.from(member).toString(), value] as const);

type Step =
  | { readonly kind: 'put'; readonly group: string; readonly name: string; readonly value: string | null }
  | { readonly kind: 'look' | 'commit' | 'restart' | 'restore' };

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      group: fc.constantFrom(...groups),
      name: fc.constantFrom(...names),
      value: fc.option(fc.constantFrom('x', 'y', 'long'.repeat(200)), { freq: 2 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('look' as const, 'commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'restore' as const) }) },
);

test('members are what was put last, whatever leaves memory, restarts from disk or from the changelog', () => {
  // Little enough that groups are written and leave memory between two changes.
  const limit = fc.constantFrom(
    { flushCells: 1, flushAfterMs: 0, maxCells: 1 },
    { flushCells: 5, flushAfterMs: 1e9, maxCells: 3 },
    { flushCells: 1000, flushAfterMs: 1e9, maxCells: 1000 },
  );
  fc.assert(
    fc.property(fc.array(step as fc.Arbitrary<Step>, { maxLength: 100 }), limit, (steps, limits) => {
      let backing = new MemoryStore();
      let view = open(backing, { limits });
      const log = new MemoryChangelog();
      const model: Model = new Map();
      for (const one of steps) {
        if (one.kind === 'put') {
          const { group, name, value } = one;
          const rows = model.get(group) ?? new Map<string, string>();
          model.set(group, rows);
          if (value === null) rows.delete(name);
          else rows.set(name, value);
          view.put(group, Buffer.from(name), value, 1);
          expect(view.get(group, Buffer.from(name))).toBe(value ?? undefined);
          continue;
        }
        if (one.kind === 'look') {
          for (const group of groups) expect(membersOf(view, group)).toEqual(rowsOf(model, group));
          continue;
        }
        log.commit(view);
        if (one.kind === 'restart') {
          void view.flush(log.checkpoint(view));
          view = open(backing, { limits, reopened: true });
        } else if (one.kind === 'restore') {
          backing = new MemoryStore();
          view = open(backing, { limits });
          for (const record of log.records) view.restore(record);
        }
      }
      for (const group of groups) {
        expect(membersOf(view, group)).toEqual(rowsOf(model, group));
        for (const name of names)
          expect(view.get(group, Buffer.from(name))).toBe(model.get(group)?.get(name));
      }
    }),
    { numRuns: 300 },
  );
});

test('a member that comes and goes between two commits leaves nothing in the changelog', () => {
  const view = open(new MemoryStore(), {
    limits: { flushCells: 1000, flushAfterMs: 1e9, maxCells: 1000 },
  });
  const one = Buffer.from('1');
  const changes = (): (readonly [string, string | null])[] => {
    const into: ProducerRecord[] = [];
    view.takeChanges(into);
    return into.map(({ key, value }) => [
      Buffer.from(toBytes(key!)).toString('latin1').slice(4),
      value === null ? null : Buffer.from(toBytes(value)).toString(),
    ]);
  };
  view.put('a', one, 'x', 1);
  view.delete('a', one, 2);
  view.put('b', one, 'y', 3);
  expect(changes()).toEqual([['b1', 'y']]);
  // What has been logged is taken back, and moved.
  view.delete('b', one, 4);
  view.put('c', one, 'z', 5);
  view.delete('c', one, 6);
  view.put('a', one, 'w', 7);
  expect(changes()).toEqual([
    ['b1', null],
    ['a1', 'w'],
  ]);
  // Nothing is there to be deleted.
  view.delete('b', one, 8);
  expect(changes()).toEqual([]);
});

test('a group with a member that cannot be read is not there in half', () => {
  const backing = new MemoryStore();
  const limits = { flushCells: 1, flushAfterMs: 0, maxCells: 1000 };
  const before = open(backing, { limits });
  for (const name of names) before.put('a', Buffer.from(name), name, 1);
  const log = new MemoryChangelog();
  log.commit(before);
  let fails = true;
  const value: Serde<string> = {
    serialize: (text) => Buffer.from(text),
    deserialize: (bytes) => {
      const text = Buffer.from(bytes).toString();
      if (fails && text === '3') throw new Error('not now');
      return text;
    },
    immutable: true,
  };
  const view = open(backing, { limits, reopened: true, value });
  expect(() => membersOf(view, 'a')).toThrow('not now');
  fails = false;
  expect(membersOf(view, 'a')).toHaveLength(names.length);
});
