import type { StoreSpec } from '@millrace/state-stores';
import { type Row, TopologyError, type Window, type Windowed } from '@millrace/streams-core';
import { hasWindows } from './queries.ts';

/** Where a row is in the order of a scan: by the end and the start of its window, then by serialised key. */
export interface RowPlace {
  readonly window: Window;
  readonly key: Uint8Array;
}

const noWindow: Window = { start: 0, end: 0 };

export function placeOf(row: Row<unknown, unknown>, spec: StoreSpec): RowPlace {
  const { key: serde } = spec as StoreSpec<unknown, unknown>;
  if (!hasWindows(spec)) return { window: noWindow, key: serde.serialize(row.key) };
  const { key, window } = row.key as Windowed<unknown>;
  return { window, key: serde.serialize(key) };
}

export function comparePlaces(a: RowPlace, b: RowPlace): number {
  // Of two windows without an end, the difference is no number.
  const byEnd = a.window.end === b.window.end ? 0 : a.window.end - b.window.end;
  return byEnd || a.window.start - b.window.start || Buffer.compare(a.key, b.key);
}

/** A place as text, for the request for the next page. */
export function cursorOf({ window: { start, end }, key }: RowPlace): string {
  return `${start}:${end}:${Buffer.from(key).toString('base64url')}`;
}

/** @throws TopologyError where it is none */
export function placeOfCursor(text: string): RowPlace {
  const [, start, end, key] = /^(\d+):(\d+|Infinity):([\w-]*)$/.exec(text) ?? [];
  if (start === undefined)
    throw new TopologyError('TOPOLOGY_INVALID', `after=${text}: "next" of the page before expected`);
  return { window: { start: Number(start), end: Number(end) }, key: Buffer.from(key!, 'base64url') };
}
