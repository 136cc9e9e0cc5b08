import assert from 'node:assert/strict';
import { long, string } from '@millrace/log-client';
import type { BytesStore } from '../../bytes-store.ts';
import type { GroupSpec } from './spec.ts';
import { GroupView } from './view.ts';
import { MemoryChangelog, type StoreTest, over } from '../../conformance/support.ts';

const spec: GroupSpec<string, number> = {
  kind: 'group',
  name: 'g',
  key: string(),
  value: long(),
  persistent: true,
  logging: true,
};
const open = (backing: BytesStore) => new GroupView(spec, over(backing));
const bytes = (text: string) => Buffer.from(text);
const members = (view: GroupView<string, number>, group: string) =>
  view.members(group).map(({ member, value }) => `${Buffer.from(member).toString()}=${value}`);

export function groupStoreSuite(test: StoreTest): void {
  test('group: members come in the order of their bytes, each with its value', async ({ store }) => {
    const view = open(store);
    view.put('x', bytes('b'), 2, 1);
    view.put('x', bytes('a'), 1, 1);
    view.put('xa', bytes(''), 9, 1);
    assert.deepEqual(members(view, 'x'), ['a=1', 'b=2']);
    assert.equal(view.get('x', bytes('b')), 2);
    view.delete('x', bytes('a'), 2);
    assert.equal(view.get('x', bytes('a')), undefined);
    assert.deepEqual(members(view, 'x'), ['b=2']);
    assert.deepEqual(members(view, 'none'), []);
  });

  test('group: it comes back from its changelog and from disk', async (bench) => {
    let view = open(bench.store);
    const log = new MemoryChangelog();
    for (let n = 0; n < 300; n++) {
      view.put(`g${n % 3}`, bytes(`m${n % 11}`), n % 5 === 0 ? null : n, n);
      if (n % 40 === 0) log.commit(view);
    }
    log.commit(view);
    const all = (one: GroupView<string, number>) => ['g0', 'g1', 'g2'].map((group) => members(one, group));
    const before = all(view);
    await view.flush(log.checkpoint(view));
    if (await bench.restart()) {
      view = open(bench.store);
      assert.deepEqual(all(view), before);
    }
    await bench.store.clear({});
    const copy = open(bench.store);
    for (const record of log.records) copy.restore(record);
    assert.deepEqual(all(copy), before);
  });
}
