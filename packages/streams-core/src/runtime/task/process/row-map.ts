import type { StoreSpec } from '@millrace/state-stores';
import { KeyMap, mapKeyOf } from '@millrace/state-stores/runtime';
import type { Windowed } from '../../../record/record.ts';

export function isWindowed({ kind }: StoreSpec): boolean {
  return kind === 'window' || kind === 'session';
}

/** Something for each row of a table, by its key; of a windowed one by window and key. */
export function rowMap<T>(spec: StoreSpec): KeyMap<unknown, T> {
  const mapKey = mapKeyOf(spec.key);
  if (!isWindowed(spec)) return new KeyMap({ member: mapKey });
  // A window's start says its end. Of sessions hardly two have the same start.
  if (spec.kind === 'window') {
    return new KeyMap({
      group: (row) => (row as Windowed<unknown>).window.start,
      member: (row) => mapKey((row as Windowed<unknown>).key),
    });
  }
  return new KeyMap({
    member: (row) => {
      const { key, window } = row as Windowed<unknown>;
      return `${window.start} ${window.end} ${String(mapKey(key))}`;
    },
  });
}
