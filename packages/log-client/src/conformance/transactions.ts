import assert from 'node:assert/strict';
import {
  byText,
  createTopic,
  freshName,
  readAll,
  record,
  rejectsWith,
  values,
  type LogTest,
} from './support.ts';

export function transactionSuite(test: LogTest): void {
  test('a commit writes to all its partitions and commits its offsets', async (log) => {
    const [input, output] = [await createTopic(log, 1), await createTopic(log, 2)];
    const group = freshName('group');
    const producer = await log.producer({ transactionalId: freshName('tx') });
    await producer.send([{ topic: input, partition: 0, records: [record('a', 'in')] }]);
    const bases = await producer.commit({
      records: [
        { topic: output, partition: 0, records: [record('a', 'zero')] },
        { topic: output, partition: 1, records: [record('b', 'one'), record('b', 'two')] },
      ],
      offsets: { group, commits: [{ topic: input, partition: 0, offset: 1, metadata: 'time=7' }] },
    });
    assert.deepEqual(bases, [0, 0]);
    assert.deepEqual(values(await readAll(log, output, 0)), ['zero']);
    assert.deepEqual(values(await readAll(log, output, 1)), ['one', 'two']);
    assert.deepEqual(await log.admin.committed(group, [{ topic: input, partition: 0 }]), [
      { offset: 1, metadata: 'time=7' },
    ]);
  });

  test('a commit that is refused leaves nothing behind', async (log) => {
    const [input, output] = [await createTopic(log, 1), await createTopic(log, 1)];
    const group = freshName('group');
    const producer = await log.producer({ transactionalId: freshName('tx') });
    const refused = producer.commit({
      records: [
        { topic: output, partition: 0, records: [record('a', 'lost')] },
        { topic: output, partition: 9, records: [record('a', 'nowhere')] },
      ],
      offsets: { group, commits: [{ topic: input, partition: 0, offset: 1, metadata: '' }] },
    });
    await rejectsWith('LOG_UNKNOWN_TOPIC', refused);
    assert.deepEqual(await log.admin.offsets([{ topic: output, partition: 0 }]), [{ start: 0, end: 0 }]);
    assert.deepEqual(await log.admin.committed(group, [{ topic: input, partition: 0 }]), [undefined]);
  });

  test('commits without records, or without offsets, are fine', async (log) => {
    const topic = await createTopic(log, 1);
    const group = freshName('group');
    const producer = await log.producer({ transactionalId: freshName('tx') });
    assert.deepEqual(await producer.commit({ records: [] }), []);
    await producer.commit({
      records: [],
      offsets: { group, commits: [{ topic, partition: 0, offset: 0, metadata: '' }] },
    });
    assert.deepEqual(await log.admin.committed(group, [{ topic, partition: 0 }]), [
      { offset: 0, metadata: '' },
    ]);
  });

  test('commits made at the same time are all there, each whole', async (log) => {
    const topic = await createTopic(log, 2);
    const producers = await Promise.all(
      Array.from({ length: 4 }, () => log.producer({ transactionalId: freshName('tx') })),
    );
    const commit = (id: number, round: number) =>
      producers[id]!.commit({
        records: [0, 1].map((partition) => ({
          topic,
          partition,
          records: [record(String(id), `${id}/${round}`)],
        })),
      });
    for (let round = 0; round < 10; round++) await Promise.all(producers.map((_, id) => commit(id, round)));
    const zero = values(await readAll(log, topic, 0));
    assert.equal(zero.length, 40);
    assert.deepEqual(values(await readAll(log, topic, 1)).toSorted(byText), zero.toSorted(byText));
  });

  test('a newer producer of the same transactional id fences the older one', async (log) => {
    const topic = await createTopic(log, 1);
    const transactionalId = freshName('tx');
    const old = await log.producer({ transactionalId });
    const records = [{ topic, partition: 0, records: [record('a', '1')] }];
    await old.commit({ records });
    const young = await log.producer({ transactionalId });
    await young.commit({ records });
    await rejectsWith('LOG_FENCED', old.commit({ records }));
    assert.equal((await readAll(log, topic, 0)).length, 2);
  });
}
