import assert from 'node:assert/strict';
import {
  createTopic,
  freshName,
  pollRefused,
  readAll,
  record,
  rejectsWith,
  values,
  type LogTest,
} from './support.ts';

export function adminSuite(test: LogTest): void {
  test('a topic has the partitions it was created with, and an id', async (log) => {
    const name = await createTopic(log, 3);
    const info = (await log.admin.topics([name])).get(name);
    assert.equal(info?.partitions, 3);
    assert.ok(info.id.length > 0);
  });

  test('topics that do not exist are left out', async (log) => {
    const name = await createTopic(log, 1);
    assert.deepEqual([...(await log.admin.topics([name, freshName('nowhere')])).keys()], [name]);
  });

  test('creating a topic twice with the same partitions changes nothing', async (log) => {
    const name = await createTopic(log, 2);
    const before = (await log.admin.topics([name])).get(name);
    await log.admin.createTopics([{ name, partitions: 2 }]);
    assert.deepEqual((await log.admin.topics([name])).get(name), before);
  });

  test('creating a topic with another partition count is refused', async (log) => {
    const name = await createTopic(log, 2);
    await rejectsWith('LOG_TOPIC_EXISTS', log.admin.createTopics([{ name, partitions: 3 }]));
  });

  test('illegal names and partition counts are refused', async (log) => {
    for (const name of ['', '.', '..', 'a/b', 'a b', '../up', 'x'.repeat(250)]) {
      await rejectsWith('LOG_INVALID_TOPIC', log.admin.createTopics([{ name, partitions: 1 }]));
    }
    await rejectsWith(
      'LOG_INVALID_TOPIC',
      log.admin.createTopics([{ name: freshName('zero'), partitions: 0 }]),
    );
  });

  test('unknown and malformed topic settings are refused by name', async (log) => {
    for (const [setting, value] of [
      ['cleanup.polisy', 'compact'],
      ['cleanup.policy', 'shred'],
      ['retention.ms', 'abc'],
      ['min.cleanable.dirty.ratio', '2'],
      ['message.timestamp.type', 'createtime'],
      ['preallocate', 'maybe'],
    ] as const) {
      const name = freshName('settings');
      const created = log.admin.createTopics([{ name, partitions: 1, configs: { [setting]: value } }]);
      await rejectsWith('LOG_INVALID_TOPIC', created, new RegExp(setting.replaceAll('.', '\\.')));
      assert.equal((await log.admin.topics([name])).size, 0);
    }
  });

  test('settings that Kafka knows are kept as they were given', async (log) => {
    const name = freshName('settings');
    const configs = { 'cleanup.policy': 'compact,delete', 'retention.ms': '-1', 'segment.bytes': '1048576' };
    await log.admin.createTopics([{ name, partitions: 1, configs }]);
    const found = (await log.admin.topics([name])).get(name)!.configs;
    for (const [setting, value] of Object.entries(configs)) assert.equal(found[setting], value);
  });

  test('a topic that was deleted and created again is empty and has another id', async (log) => {
    const name = await createTopic(log, 1);
    const before = (await log.admin.topics([name])).get(name)!.id;
    const producer = await log.producer();
    await producer.send([{ topic: name, partition: 0, records: [record('a', '1')] }]);
    await log.admin.deleteTopics([name]);
    await log.admin.createTopics([{ name, partitions: 1 }]);
    assert.notEqual((await log.admin.topics([name])).get(name)!.id, before);
    assert.deepEqual(await log.admin.offsets([{ topic: name, partition: 0 }]), [{ start: 0, end: 0 }]);
  });

  test('a topic is given more partitions, and never fewer', async (log) => {
    const name = await createTopic(log, 1);
    const producer = await log.producer();
    await producer.send([{ topic: name, partition: 0, records: [record('a', '1')] }]);
    const { id } = (await log.admin.topics([name])).get(name)!;
    await log.admin.createPartitions([{ name, partitions: 3 }]);
    const grown = (await log.admin.topics([name])).get(name)!;
    assert.deepEqual([grown.id, grown.partitions], [id, 3]);
    await producer.send([{ topic: name, partition: 2, records: [record('b', '2')] }]);
    assert.deepEqual(values(await readAll(log, name, 0)), ['1']);
    assert.deepEqual(values(await readAll(log, name, 2)), ['2']);
    for (const partitions of [3, 2, 0]) {
      await rejectsWith('LOG_INVALID_TOPIC', log.admin.createPartitions([{ name, partitions }]));
    }
    const nowhere = log.admin.createPartitions([{ name: freshName('nowhere'), partitions: 2 }]);
    await rejectsWith('LOG_UNKNOWN_TOPIC', nowhere);
  });

  test('deleted records are gone and offsets continue', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    await producer.send([
      { topic, partition: 0, records: [record('a', '1'), record('a', '2'), record('a', '3')] },
    ]);
    await log.admin.deleteRecords([{ topic, partition: 0, offset: 2 }]);
    assert.deepEqual(await log.admin.offsets([{ topic, partition: 0 }]), [{ start: 2, end: 3 }]);
    assert.deepEqual(values(await readAll(log, topic, 0)), ['3']);
    const reader = await log.reader([{ topic, partition: 0, offset: 0 }]);
    await pollRefused(reader, 'LOG_OFFSET_OUT_OF_RANGE');
  });
}
