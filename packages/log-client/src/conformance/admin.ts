import assert from 'node:assert/strict';
import {
  createTopic,
  eventually,
  freshName,
  groupOptions,
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

  test('a topic that is named twice in one call is created once, with one number of partitions', async (log) => {
    const name = freshName('twice');
    const twice = (one: number, other: number) => [
      { name, partitions: one },
      { name, partitions: other },
    ];
    await rejectsWith('LOG_TOPIC_EXISTS', log.admin.createTopics(twice(2, 3)));
    await log.admin.createTopics(twice(2, 2));
    assert.equal((await log.admin.topics([name])).get(name)?.partitions, 2);
    assert.equal([...(await log.admin.topics()).keys()].filter((one) => one === name).length, 1);
    await log.admin.deleteTopics([name]);
    assert.equal((await log.admin.topics([name])).size, 0);
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
      await rejectsWith('LOG_INVALID_CONFIG', created, new RegExp(setting.replaceAll('.', '\\.')));
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

  test('a record is found by its time: the first that is not older, though others are out of order', async (log) => {
    const topic = await createTopic(log, 2);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    const send = (...times: readonly number[]) =>
      producer.send([{ ...at, records: times.map((time) => record('k', String(time), time)) }]);
    await send(100, 300, 200);
    await send(250);
    await send(400, 350);
    await readAll(log, topic, 0);
    const times = [0, 100, 101, 300, 301, 350, 400, 401];
    const found = await log.admin.offsetsForTimes(times.map((timestamp) => ({ ...at, timestamp })));
    assert.deepEqual(
      found.map((one) => one && [one.offset, one.timestamp]),
      [[0, 100], [0, 100], [1, 300], [1, 300], [4, 400], [4, 400], [4, 400], undefined],
    );
    assert.deepEqual(await log.admin.offsetsForTimes([{ topic, partition: 1, timestamp: 0 }]), [undefined]);
    await log.admin.deleteRecords([{ ...at, offset: 2 }]);
    const [first] = await log.admin.offsetsForTimes([{ ...at, timestamp: 0 }]);
    assert.deepEqual(first, { offset: 2, timestamp: 200 });
    const nowhere = log.admin.offsetsForTimes([{ topic: freshName('nowhere'), partition: 0, timestamp: 0 }]);
    await rejectsWith('LOG_UNKNOWN_TOPIC', nowhere);
  });

  test('settings are changed one by one, and refused like those of a new topic', async (log) => {
    const name = freshName('settings');
    const configs = { 'retention.ms': '1000000', 'segment.bytes': '1048576' };
    await log.admin.createTopics([{ name, partitions: 1, configs }]);
    await log.admin.alterTopics([
      { name, configs: { 'retention.ms': '2000000', 'cleanup.policy': 'compact' } },
    ]);
    await log.admin.alterTopics([{ name, configs: { 'segment.bytes': null } }]);
    for (const wrong of [{ 'retention.ms': 'abc' }, { 'cleanup.polisy': 'compact' }]) {
      await rejectsWith('LOG_INVALID_CONFIG', log.admin.alterTopics([{ name, configs: wrong }]));
    }
    await eventually(async () => {
      const found = (await log.admin.topics([name])).get(name)!.configs;
      assert.equal(found['retention.ms'], '2000000');
      assert.equal(found['cleanup.policy'], 'compact');
      assert.equal(found['segment.bytes'], undefined);
    });
    const nowhere = log.admin.alterTopics([{ name: freshName('nowhere'), configs }]);
    await rejectsWith('LOG_UNKNOWN_TOPIC', nowhere);
  });

  test('settings in effect are those of the topic and the defaults of the log', async (log) => {
    const name = freshName('effective');
    const configs = { 'retention.ms': '1000000' };
    await log.admin.createTopics([{ name, partitions: 1, configs }]);
    await eventually(async () => {
      const found = (await log.admin.effectiveConfigs([name])).get(name)!;
      assert.deepEqual(found['retention.ms'], { value: '1000000', isDefault: false });
      assert.deepEqual(found['cleanup.policy'], { value: 'delete', isDefault: true });
      assert.equal(found['delete.retention.ms']!.isDefault, true);
    });
    await rejectsWith('LOG_UNKNOWN_TOPIC', log.admin.effectiveConfigs([freshName('nowhere')]));
    assert.equal((await log.admin.effectiveConfigs([])).size, 0);
  });

  test('partitions have a size in bytes, which grows with what is written', async (log) => {
    const topic = await createTopic(log, 2);
    const both = [1, 0].map((partition) => ({ topic, partition }));
    const before = await log.admin.sizes(both);
    const producer = await log.producer();
    const value = Array.from({ length: 5000 }, (_, n) => String.fromCharCode(33 + ((n * n) % 90))).join('');
    await producer.send([{ topic, partition: 1, records: [record('k', value)] }]);
    await eventually(async () => {
      const after = await log.admin.sizes(both);
      assert.ok(after[0]! > before[0]! + 4000, `${before[0]} bytes, then ${after[0]}`);
      assert.equal(after[1], before[1]);
    });
    await rejectsWith('LOG_UNKNOWN_TOPIC', log.admin.sizes([{ topic: freshName('nowhere'), partition: 0 }]));
    assert.deepEqual(await log.admin.sizes([]), []);
  });

  test('groups are forgotten, whole or by partition, while they have no members', async (log) => {
    const topic = await createTopic(log, 2);
    const group = freshName('group');
    const partitions = [0, 1].map((partition) => ({ topic, partition }));
    const producer = await log.producer({ transactionalId: freshName('tx') });
    const commits = partitions.map((one) => ({ ...one, offset: 0, metadata: 'm' }));
    await producer.commit({ records: [], offsets: { group, commits } });
    await eventually(async () => {
      assert.deepEqual(
        await log.admin.committed(group, partitions),
        Array(2).fill({ offset: 0, metadata: 'm' }),
      );
    });
    await log.admin.deleteOffsets(group, [partitions[0]!]);
    assert.deepEqual(await log.admin.committed(group, partitions), [undefined, { offset: 0, metadata: 'm' }]);
    await log.admin.deleteGroups([group]);
    assert.deepEqual(await log.admin.committed(group, partitions), [undefined, undefined]);
    assert.ok(!(await log.admin.groups()).some((one) => one.group === group));
    await log.admin.deleteGroups([freshName('nobody')]);

    const busy = freshName('group');
    const events: string[] = [];
    const member = await log.join(groupOptions(busy, topic, events));
    while (events.length === 0) await member.poll({ maxWaitMs: 50, maxRecords: 1 });
    await rejectsWith('LOG_FENCED', log.admin.deleteGroups([busy]));
    await member.close();
  });
}
