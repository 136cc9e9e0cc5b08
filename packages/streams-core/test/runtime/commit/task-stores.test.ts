import { noHeaders, type ProducerRecord } from '@millrace/log-client';
import type { StoreSpec } from '@millrace/state-stores';
import type { Checkpoint, StateStore } from '@millrace/state-stores/runtime';
import { expect, test } from 'vitest';
import { TaskStores } from '../../../src/runtime/task/task-stores.ts';

interface Seen {
  readonly store: StateStore;
  /** What it was told, in order. */
  readonly told: string[];
  changed: number;
  wants: boolean;
}

function storeNamed(name: string): Seen {
  const seen: Seen = { store: undefined as never, told: [], changed: 0, wants: false };
  const record = (): ProducerRecord => ({ key: name, value: 'v', timestamp: 0, headers: noHeaders });
  const store: Partial<StateStore> = {
    name,
    streamTime: 7,
    takeChanges: (into) => {
      for (let n = 0; n < seen.changed; n++) into?.push(record());
      seen.changed = 0;
    },
    committed: (checkpoint, now) => void seen.told.push(`committed ${JSON.stringify(checkpoint)} at ${now}`),
    commitStands: () => void seen.told.push('stands'),
    wantsFlush: (now) => seen.wants && now === 5,
  };
  return Object.assign(seen, { store: store as StateStore });
}

/** Two with changelogs, two read from topics, one that nothing keeps. */
function fiveStores() {
  const seen = ['logged', 'quiet', 'table', 'idle', 'plain'].map(storeNamed);
  const [logged, quiet, table, idle, plain] = seen as [Seen, Seen, Seen, Seen, Seen];
  const specs = [
    { name: 'logged', logging: true },
    { name: 'quiet', logging: true },
    { name: 'table', logging: false, sourceTopic: 'rows' },
    { name: 'idle', logging: false, sourceTopic: 'none-yet' },
    { name: 'plain', logging: false },
  ] as unknown as StoreSpec[];
  const stores = new TaskStores({
    specs,
    stores: new Map(seen.map(({ store }) => [store.name, store])),
    applicationId: 'app',
    realName: (topic) => `real-${topic}`,
  });
  return { stores, logged, quiet, table, idle, plain };
}

test('a store belongs to its changelog, its source topic, or neither', () => {
  const { stores, logged, quiet, table, idle } = fiveStores();
  expect([...stores.changelogs]).toEqual([
    ['app-logged-changelog', logged.store],
    ['app-quiet-changelog', quiet.store],
  ]);
  expect(stores.sourced).toEqual([
    { store: table.store, topic: 'real-rows' },
    { store: idle.store, topic: 'real-none-yet' },
  ]);
  expect(stores.all.size).toBe(5);
});

test('changes are taken from every store, and only those with a changelog write any', () => {
  const { stores, logged, quiet, table, plain } = fiveStores();
  for (const seen of [logged, table, plain]) seen.changed = 2;
  const taken = stores.takeChanges(3);
  expect(taken.map(({ topic, partition, records }) => [topic, partition, records.length])).toEqual([
    ['app-logged-changelog', 3, 2],
  ]);
  expect([logged, quiet, table, plain].map(({ changed }) => changed)).toEqual([0, 0, 0, 0]);
  expect(stores.takeChanges(3)).toEqual([]);
});

test('after a commit each store gets its checkpoint, then commitStands of all is called', () => {
  const { stores, logged, quiet, table, idle, plain } = fiveStores();
  const made: string[] = [];
  const checkpoint = (topic: string, offset: number, store: StateStore): Checkpoint => {
    made.push(`${store.name} ${topic} ${offset}`);
    return { topicId: topic, offset, streamTime: store.streamTime };
  };
  const offsets = [
    { topic: 'real-other', partition: 0, offset: 1, metadata: '' },
    { topic: 'real-rows', partition: 0, offset: 40, metadata: '' },
  ];
  stores.committed(new Map([['app-logged-changelog', 12]]), offsets, checkpoint, 99);
  expect(made).toEqual(['logged app-logged-changelog 12', 'table real-rows 40']);
  const told = (topic: string, offset: number): string =>
    `committed ${JSON.stringify({ topicId: topic, offset, streamTime: 7 })} at 99`;
  expect(logged.told).toEqual([told('app-logged-changelog', 12), 'stands']);
  expect(quiet.told).toEqual(['stands']);
  expect(table.told).toEqual([told('real-rows', 40), 'stands']);
  expect(idle.told).toEqual(['stands']);
  expect(plain.told).toEqual(['committed undefined at 99', 'stands']);
});

test('one store that would like to write to disk is enough', () => {
  const { stores, plain, logged } = fiveStores();
  expect(stores.wantsFlush(5)).toBe(false);
  plain.wants = true;
  expect(stores.wantsFlush(5)).toBe(true);
  expect(stores.wantsFlush(4)).toBe(false);
  plain.wants = false;
  logged.wants = true;
  expect(stores.wantsFlush(5)).toBe(true);
});
