import { bytes, type LogRecord, noHeaders } from '@millrace/log-client';
import { stillInMemory } from '@millrace/log-client/conformance';
import { expect, test } from 'vitest';
import { takenChanges, MemoryChangelog, over } from '../src/conformance/support.ts';
import { GroupView } from '../src/kinds/group/view.ts';
import { KeyValueView } from '../src/kinds/key-value/view.ts';
import { sessionStore } from '../src/kinds/session/spec.ts';
import { SessionView } from '../src/kinds/session/view.ts';
import { BufferView } from '../src/kinds/time-ordered-buffer/view.ts';
import { VersionedView } from '../src/kinds/versioned/view.ts';
import { windowStore } from '../src/kinds/window/spec.ts';
import { WindowView } from '../src/kinds/window/view.ts';
import { MemoryStore, type StateStore } from '../src/runtime.ts';

const rows = 20;
const [key, value] = [bytes(), bytes()];
const common = { key, value, persistent: true, logging: true } as const;
const retentionMs = 3_600_000;

/** A few bytes of what was read of a log at once. */
function inChunk(content: Uint8Array, chunks: WeakRef<object>[]): Buffer {
  const chunk = Buffer.alloc(1 << 20);
  chunks.push(new WeakRef(chunk.buffer));
  chunk.set(content, 1000);
  return chunk.subarray(1000, 1000 + content.length);
}

const options = () => over(new MemoryStore(), 7);
const text = (n: number) => Buffer.from(`some text of row ${n}`);

/** Each kind with a way to put a row into it. */
const kinds: Readonly<Record<string, () => [StateStore, (key: Buffer, value: Buffer) => void]>> = {
  'key-value': () => {
    const view = new KeyValueView<Uint8Array, Uint8Array>(
      { ...common, kind: 'key-value', name: 's' },
      options(),
    );
    return [view, (k, v) => view.put(k, v, 7)];
  },
  versioned: () => {
    const spec = { ...common, kind: 'versioned', name: 's', historyRetentionMs: retentionMs } as const;
    const view = new VersionedView<Uint8Array, Uint8Array>(spec, options());
    return [view, (k, v) => view.put(k, v, 7)];
  },
  window: () => {
    const spec = windowStore({ name: 's', key, value, retentionMs, windowSizeMs: 10 });
    const view = new WindowView<Uint8Array, Uint8Array>(spec, options());
    return [view, (k, v) => view.put(k, v, 0)];
  },
  session: () => {
    const view = new SessionView<Uint8Array, Uint8Array>(
      sessionStore({ name: 's', key, value, retentionMs }),
      options(),
    );
    return [view, (k, v) => view.put(k, v, 0, 5)];
  },
  group: () => {
    const view = new GroupView<Uint8Array, Uint8Array>({ ...common, kind: 'group', name: 's' }, options());
    return [view, (k, v) => view.put(k, k, v, 7)];
  },
};

test.each(Object.entries(kinds))(
  '%s: a row keeps its own bytes in memory, not all that was read of the log with it',
  async (_, open) => {
    const chunks: WeakRef<object>[] = [];
    const [store, put] = open();
    for (let n = 0; n < rows; n++) put(inChunk(text(n), chunks), inChunk(text(n), chunks));
    expect(chunks).toHaveLength(2 * rows);
    expect(await stillInMemory(chunks)).toBe(0);

    const log = new MemoryChangelog();
    log.commit(store);
    const [copy] = open();
    for (const record of log.records) copy.restore(chunked(record, chunks));
    expect(await stillInMemory(chunks)).toBe(0);
    expect(takenChanges(copy)).toEqual([]);
  },
);

test('a buffer that comes back keeps the bytes of its rows alone', async () => {
  const spec = { ...common, kind: 'time-ordered-buffer', name: 's' } as const;
  const buffer = new BufferView<Uint8Array, Uint8Array>(spec, options());
  for (let n = 0; n < rows; n++)
    buffer.put(n, { key: text(n), newValue: text(n), oldValue: null, timestamp: 7, headers: noHeaders });
  const log = new MemoryChangelog();
  log.commit(buffer);
  const chunks: WeakRef<object>[] = [];
  const copy = new BufferView<Uint8Array, Uint8Array>(spec, options());
  for (const record of log.records) copy.restore(chunked(record, chunks));
  expect(await stillInMemory(chunks)).toBe(0);
  expect(copy.takeFirst()?.newValue).toEqual(text(0));
});

function chunked(record: LogRecord, chunks: WeakRef<object>[]): LogRecord {
  return { ...record, key: inChunk(record.key!, chunks), value: inChunk(record.value!, chunks) };
}
