import assert from 'node:assert/strict';
import { collect, type StoreTest } from './support.ts';

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();

function change(key: string, value: string | undefined) {
  return { key: Buffer.from(key), value: value === undefined ? undefined : Buffer.from(value) };
}

export function bytesSuite(test: StoreTest): void {
  test('bytes: a write is read back, replaced and removed', async ({ store }) => {
    await store.write([change('a', '1'), change('b', '2')], undefined);
    await store.write([change('a', '3'), change('b', undefined), change('b', undefined)], undefined);
    assert.equal(text(store.get(Buffer.from('a'))), '3');
    assert.equal(store.get(Buffer.from('b')), undefined);
    assert.equal(store.get(Buffer.from('nowhere')), undefined);
  });

  test('bytes: in a batch the last change of a key counts', async ({ store }) => {
    await store.write([change('a', '1'), change('a', undefined), change('a', '2')], undefined);
    assert.equal(text(store.get(Buffer.from('a'))), '2');
  });

  test('bytes: ranges are in byte order, from inclusive, to exclusive, both ways', async ({ store }) => {
    const keys = [[0], [1], [1, 0], [1, 255], [2], [255], []];
    await store.write(
      keys.map((key) => ({ key: Buffer.from(key), value: Buffer.of(1) })),
      undefined,
    );
    const scan = async (range: Parameters<typeof store.iterate>[0]) =>
      (await collect(store.iterate(range))).map(([key]) => [...key]);
    assert.deepEqual(await scan({}), [[], [0], [1], [1, 0], [1, 255], [2], [255]]);
    assert.deepEqual(await scan({ from: Buffer.of(1), to: Buffer.of(2) }), [[1], [1, 0], [1, 255]]);
    assert.deepEqual(await scan({ from: Buffer.of(1), reverse: true }), [[255], [2], [1, 255], [1, 0], [1]]);
  });

  test('bytes: clear removes a range and nothing else', async ({ store }) => {
    await store.write([change('a', '1'), change('b', '2'), change('c', '3')], undefined);
    await store.clear({ from: Buffer.from('b'), to: Buffer.from('c') });
    assert.deepEqual(
      (await collect(store.iterate({}))).map(([key]) => text(key)),
      ['a', 'c'],
    );
  });

  test('bytes: data and checkpoint survive a restart together', async (bench) => {
    const checkpoint = { topicId: 't', offset: 7, streamTime: 12 };
    await bench.store.write([change('a', '1')], checkpoint);
    if (!(await bench.restart())) return;
    assert.deepEqual(bench.store.checkpoint, checkpoint);
    assert.equal(text(bench.store.get(Buffer.from('a'))), '1');
    assert.equal((await collect(bench.store.iterate({}))).length, 1, 'the checkpoint is no entry');
  });
}
