import { long, string } from '@millrace/log-client';
import { expect, test } from 'vitest';
import type { StoreKind, StoreSpec } from '../src/index.ts';
import { openStore, type StateStore } from '../src/runtime.ts';

const members: Record<StoreKind, readonly string[]> = {
  'key-value': ['all', 'delete', 'get', 'name', 'prefixScan', 'put', 'putIfAbsent', 'range'],
  versioned: ['delete', 'get', 'name', 'put', 'versions'],
  window: ['all', 'fetch', 'fetchAll', 'fetchEntry', 'fetchRange', 'name', 'put'],
  session: ['all', 'fetch', 'fetchSession', 'findAll', 'findSessions', 'name', 'put', 'remove'],
  group: ['delete', 'get', 'members', 'name', 'put'],
  'time-ordered-buffer': [
    'bytes',
    'delete',
    'get',
    'minTime',
    'name',
    'prior',
    'put',
    'size',
    'takeFirst',
    'takeUntil',
  ],
};

function specOf(kind: StoreKind): StoreSpec {
  const spec = {
    kind,
    name: 's',
    persistent: false,
    logging: true,
    retentionMs: 1000,
    historyRetentionMs: 1000,
    windowSizeMs: 10,
  };
  return { ...spec, key: string(), value: long() } as StoreSpec;
}

/** Every name that can be reached from an object, its prototypes included, and what it holds in turn. */
function reachable(object: object, seen = new Set<object>()): Set<string> {
  const names = new Set<string>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Reflect.ownKeys(at)) {
      if (name === 'constructor') continue;
      names.add(String(name));
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== 'object' || value === null || seen.has(value)) continue;
      seen.add(value);
      for (const inner of reachable(value, seen)) names.add(`${String(name)}.${inner}`);
    }
  }
  return names;
}

for (const [kind, expected] of Object.entries(members) as [StoreKind, readonly string[]][]) {
  test(`user code reaches reads and puts of a ${kind} store and nothing of the runtime's`, () => {
    const store = openStore(specOf(kind), { timestamp: () => 0 }) as StateStore;
    expect([...reachable(store.face)].toSorted()).toEqual([...expected].toSorted());
  });
}
