import assert from 'node:assert/strict';
import { noHeaders, type RecordList } from '../record.ts';
import {
  createTopic,
  drain,
  freshName,
  pollRefused,
  readAll,
  record,
  rejectsWith,
  text,
  values,
  type LogTest,
} from './support.ts';

export function recordSuite(test: LogTest): void {
  test('records of a partition come back in order, with dense offsets', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const numbers = Array.from({ length: 3000 }, (_, index) => String(index));
    await producer.send([{ topic, partition: 0, records: numbers.map((value) => record('k', value)) }]);
    const records = await readAll(log, topic, 0);
    assert.deepEqual(values(records), numbers);
    assert.deepEqual(
      records.map(({ offset }) => offset),
      numbers.map(Number),
    );
  });

  test('a timestamp that is no whole number of milliseconds is refused, and nothing is written', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    for (const timestamp of [Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 53]) {
      const records = [record('k', 'fine'), record('k', 'odd', timestamp)];
      const sent = producer.send([{ topic, partition: 0, records }]);
      await rejectsWith('LOG_INVALID_RECORD', sent, /whole milliseconds/);
    }
    assert.deepEqual(await readAll(log, topic, 0), []);
  });

  test('keys, values, nulls, timestamps and headers are kept', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const headers = [
      { key: 'trace', value: Buffer.from([0, 255]) },
      { key: 'ünï', value: null },
      { key: 'trace', value: Buffer.alloc(0) },
    ];
    await producer.send([
      {
        topic,
        partition: 0,
        records: [
          { ...record('k', null, 1_700_000_000_123), headers },
          record(null, 'v', 0),
          record('', '', 5),
        ],
      },
    ]);
    const [first, second, third] = await readAll(log, topic, 0);
    assert.equal(text(first!.key), 'k');
    assert.equal(first!.value, null);
    assert.equal(first!.timestamp, 1_700_000_000_123);
    assert.deepEqual(
      first!.headers.map(({ key, value }) => [key, value === null ? null : [...value]]),
      [
        ['trace', [0, 255]],
        ['ünï', null],
        ['trace', []],
      ],
    );
    assert.equal(second!.key, null);
    assert.equal(text(second!.value), 'v');
    assert.equal(second!.timestamp, 0);
    assert.equal(text(third!.key), '');
    assert.equal(text(third!.value), '');
  });

  test('a text is written as its UTF-8 bytes, and read as text where the log offers it', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const written = { key: 'ключ', value: '{"é":"😀"}', timestamp: 1, headers: noHeaders };
    await producer.send([{ topic, partition: 0, records: [written, { ...written, key: null, value: '' }] }]);
    const [found, empty] = await readAll(log, topic, 0);
    assert.equal(text(found!.key), written.key);
    assert.equal(text(found!.value), written.value);
    assert.equal(found!.keyText?.() ?? written.key, written.key);
    assert.equal(found!.valueText?.() ?? written.value, written.value);
    assert.equal(empty!.key, null);
    assert.equal(empty!.value?.length, 0);
  });

  test('a record of a megabyte is kept whole', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const value = Buffer.alloc(1_000_000, 'x');
    await producer.send([{ topic, partition: 0, records: [{ ...record('k', null), value }] }]);
    const [found] = await readAll(log, topic, 0);
    assert.ok(value.equals(found!.value!));
  });

  test('records of a list are written as those of an array, as they were when they were added', async (log) => {
    const topic = await createTopic(log, 2);
    const list = (): RecordList => {
      assert.ok(log.recordList !== undefined, 'the log makes lists');
      return log.recordList();
    };
    const [first, second] = [list(), list()];
    assert.equal(first.copies, true);
    const value = Buffer.from('before');
    first.push({ key: 'ключ', value, timestamp: 7, headers: [{ key: 'h', value }] });
    value.write('after!');
    for (let n = 0; n < 3000; n++) second.push(record(null, String(n), 10_000 - n));
    assert.deepEqual([first.length, second.length], [1, 3000]);
    const producer = await log.producer({ transactionalId: freshName('lists') });
    const entries = [
      { topic, partition: 1, records: second },
      { topic, partition: 0, records: first },
      { topic, partition: 1, records: [record('k', 'last')] },
    ];
    assert.deepEqual(await producer.commit({ records: entries }), [0, 0, 3000]);
    const [found] = await readAll(log, topic, 0);
    assert.deepEqual([text(found!.key), text(found!.value), found!.timestamp], ['ключ', 'before', 7]);
    assert.deepEqual(text(found!.headers[0]!.value), 'before');
    const records = await readAll(log, topic, 1);
    const numbers = Array.from({ length: 3000 }, (_, n) => String(n));
    assert.deepEqual(values(records), [...numbers, 'last']);
    assert.deepEqual([records[0]!.timestamp, records[2999]!.timestamp], [10_000, 7001]);
    await producer.close();
  });

  test('partitions are apart from each other', async (log) => {
    const topic = await createTopic(log, 2);
    const producer = await log.producer();
    await producer.send([
      { topic, partition: 1, records: [record('b', 'one')] },
      { topic, partition: 0, records: [record('a', 'zero')] },
    ]);
    assert.deepEqual(values(await readAll(log, topic, 0)), ['zero']);
    assert.deepEqual(values(await readAll(log, topic, 1)), ['one']);
  });

  test('send resolves to the offset of the first record', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const records = [record('a', '1'), record('a', '2')];
    assert.deepEqual(await producer.send([{ topic, partition: 0, records }]), [0]);
    assert.deepEqual(await producer.send([{ topic, partition: 0, records }]), [2]);
  });

  test('an unknown topic or partition is refused', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const records = [record('a', '1')];
    await rejectsWith(
      'LOG_UNKNOWN_TOPIC',
      producer.send([{ topic: freshName('nowhere'), partition: 0, records }]),
    );
    await rejectsWith('LOG_UNKNOWN_TOPIC', producer.send([{ topic, partition: 7, records }]));
    assert.deepEqual(await log.admin.offsets([{ topic, partition: 0 }]), [{ start: 0, end: 0 }]);
  });

  test('a reader starts at the position given, seeks, pauses and knows its lag', async (log) => {
    const topic = await createTopic(log, 1);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    await producer.send([{ ...at, records: ['0', '1', '2', '3', '4'].map((value) => record('k', value)) }]);
    const reader = await log.reader([{ ...at, offset: 3 }]);
    assert.deepEqual(values(await drain(reader, 2)), ['3', '4']);
    assert.equal(reader.lag(at), 0);
    reader.seek(at, 1);
    reader.pause(at);
    assert.deepEqual(await reader.poll({ maxWaitMs: 20, maxRecords: 10 }), []);
    reader.resume(at);
    assert.deepEqual(values(await drain(reader, 4)), ['1', '2', '3', '4']);
    await reader.close();
    await rejectsWith('LOG_CLOSED', reader.poll({ maxWaitMs: 0, maxRecords: 1 }));
  });

  test('a poll brings about maxBytes at most, and a record at least', async (log) => {
    const topic = await createTopic(log, 1);
    const at = { topic, partition: 0 };
    const producer = await log.producer();
    const value = Buffer.alloc(50_000, 'x');
    for (let n = 0; n < 6; n++) {
      await producer.send([
        { ...at, records: Array.from({ length: 5 }, () => ({ ...record('k', null), value })) },
      ]);
    }
    const reader = await log.reader([{ ...at, offset: 0 }]);
    let found = 0;
    for (const maxBytes of [1, 300_000, 300_000, 10_000_000, 10_000_000]) {
      const deadline = Date.now() + 10_000;
      for (;;) {
        assert.ok(Date.now() < deadline, 'nothing came within 10 s');
        const batches = await reader.poll({ maxWaitMs: 100, maxRecords: 1000, maxBytes });
        const count = batches.reduce((sum, { records }) => sum + records.length, 0);
        if (count === 0) continue;
        // A log may hand out whole batches: of five records here.
        assert.ok(count * value.length <= Math.max(maxBytes, 1) + 5 * value.length, `${count} records came`);
        found += count;
        break;
      }
      if (found === 30) break;
    }
    while (found < 30) found += (await drain(reader, 1)).length;
    assert.equal(found, 30);
    await reader.close();
  });

  test('a waiting poll wakes up when a record comes', async (log) => {
    const topic = await createTopic(log, 1);
    const producer = await log.producer();
    const reader = await log.reader([{ topic, partition: 0, offset: 0 }]);
    const waiting = drain(reader, 1);
    await producer.send([{ topic, partition: 0, records: [record('k', 'late')] }]);
    assert.deepEqual(values(await waiting), ['late']);
  });

  test('an offset past the end is out of range', async (log) => {
    const topic = await createTopic(log, 1);
    const reader = await log.reader([{ topic, partition: 0, offset: 5 }]);
    await pollRefused(reader, 'LOG_OFFSET_OUT_OF_RANGE');
  });
}
