import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import { keyValueStore, StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const hostile = [
  '',
  '.',
  '..',
  '../up',
  'a/b',
  'a\\b',
  'C:',
  'a\0b',
  ' ',
  'ä',
  'x'.repeat(300),
  '%2e%2e',
  '~',
];

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-names-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const input = { key: string(), value: string() };

describe.each(hostile)('the name %j', (name) => {
  test('is refused as an application id, and nothing is written', async () => {
    const log = await EmbeddedLog.inMemory();
    const builder = new StreamsBuilder();
    builder.stream(topic('in', input)).groupByKey().count({ as: 'counts' });
    const stateDir = path.join(dir, 'a', 'b');
    expect(() => new StreamsApp(builder.build(), { applicationId: name, log, stateDir })).toThrow(
      /"applicationId": expected 1 to 100 characters/,
    );
    expect(await readdir(dir)).toEqual([]);
    await log.close();
  });

  test('is refused as the name of a store', () => {
    const builder = new StreamsBuilder();
    const stream = builder.stream(topic('in', input));
    expect(() => stream.groupByKey().count({ as: name })).toThrow(/Illegal store name/);
    expect(() => builder.addStateStore(keyValueStore({ name, ...input }))).toThrow(/Illegal store name/);
  });

  test('is refused as the name of a topic', async () => {
    expect(() => topic(name, input)).toThrow(/Illegal topic name/);
    const log = await EmbeddedLog.inMemory();
    await expect(log.admin.createTopics([{ name, partitions: 1 }])).rejects.toThrow(/Illegal topic name/);
    await log.close();
  });
});

test('names that begin with "__" are kept for the runtime', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream(topic('in', input));
  expect(() => stream.groupByKey().count({ as: '__topology' })).toThrow(/do not begin with "__"/);
});
