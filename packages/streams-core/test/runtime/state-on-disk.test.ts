import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedLog } from '@millrace/embedded-log';
import { noHeaders } from '@millrace/log-client';
import { expect, onTestFinished, test } from 'vitest';
import { warningsOnly } from '../../src/logger.ts';
import { StateOnDisk } from '../../src/runtime/stores/state-on-disk.ts';
import { withFolder } from './support.ts';

const topic = 'app-kept-changelog';

/** Two tasks with a store each; the changelog of the first has 30 records, that of the second 7. */
async function opened(dir: string) {
  const log = await EmbeddedLog.inMemory();
  onTestFinished(() => log.close());
  await log.admin.createTopics([{ name: topic, partitions: 2 }]);
  const producer = await log.producer();
  const record = { key: 'k', value: 'v', timestamp: 0, headers: noHeaders };
  const write = (partition: number, count: number) =>
    producer.send([{ topic, partition, records: Array.from({ length: count }, () => record) }]);
  await write(0, 30);
  await write(1, 7);
  const working = new Map<string, number>();
  const written = new Map<string, number>();
  const id = (await log.admin.topics([topic])).get(topic)!.id;
  const at = (offset: number) => ({ topicId: id, offset, streamTime: 0 });
  const open = async (): Promise<StateOnDisk> => {
    const found = await StateOnDisk.open({
      log,
      applicationId: 'app',
      dir,
      stores: new Map([
        ['0_0', ['kept']],
        ['0_1', ['kept']],
      ]),
      partitionOf: (task) => Number(task.slice(2)),
      isOpen: (task) => working.has(task),
      checkpointOf: (task) => at(working.get(task)!),
      endOf: (task) => written.get(task),
      everyMs: 60_000,
      logger: warningsOnly,
    });
    onTestFinished(() => found.close());
    return found;
  };
  for (const task of ['0_0', '0_1']) await mkdir(path.join(dir, task, 'kept'), { recursive: true });
  return { open, working, written, at, write, log };
}

test('what a task has left counts with how far it is behind, also after a restart', async () => {
  await withFolder(async (dir) => {
    const { open, at, write } = await opened(dir);
    const first = await open();
    expect(first.state).toMatchObject({ lags: {}, sizes: {} });
    first.left('0_0', { name: 'kept', checkpoint: at(30) });
    first.left('0_1', { name: 'kept', checkpoint: at(5) });
    await first.measure();
    expect(first.state).toMatchObject({ lags: { '0_0': 0, '0_1': 2 }, sizes: { '0_0': 30, '0_1': 7 } });
    await write(0, 3);
    const again = await open();
    expect(again.state).toEqual({
      disk: first.state.disk,
      lags: { '0_0': 3, '0_1': 2 },
      sizes: { '0_0': 33, '0_1': 7 },
    });
    // As the state of a task that has been away for long is.
    await rm(path.join(dir, '0_0'), { recursive: true });
    await again.measure();
    expect(again.state.lags).toEqual({ '0_1': 2 });
  });
});

test('a crash leaves where the stores stood at the last measurement', async () => {
  await withFolder(async (dir) => {
    const { open, working } = await opened(dir);
    working.set('0_0', 10);
    const crashed = await open();
    expect(crashed.state).toMatchObject({ lags: {}, sizes: { '0_0': 30 } });
    working.set('0_0', 25);
    await crashed.measure();
    working.set('0_0', 29);
    working.delete('0_0');
    expect((await open()).state.lags).toEqual({ '0_0': 5 });
  });
});

test('what was committed since the last measurement counts', async () => {
  await withFolder(async (dir) => {
    const { open, working, written, log } = await opened(dir);
    await log.admin.deleteRecords([{ topic, partition: 0, offset: 10 }]);
    working.set('0_0', 30);
    const found = await open();
    expect(found.state.sizes).toEqual({ '0_0': 20 });
    written.set('0_0', 5000);
    expect(found.state.sizes).toEqual({ '0_0': 4990 });
    written.set('0_0', 25);
    expect(found.state.sizes).toEqual({ '0_0': 20 });
  });
});

test('files that are of no use count as far behind, or not at all', async () => {
  await withFolder(async (dir) => {
    const { open, at, log } = await opened(dir);
    const first = await open();
    first.left('0_0', { name: 'kept', checkpoint: { ...at(30), topicId: 'another' } });
    first.left('0_1', { name: 'kept', checkpoint: at(2) });
    // Not one of the stores that are restored.
    first.left('0_1', { name: 'other', checkpoint: at(2) });
    await log.admin.deleteRecords([{ topic, partition: 1, offset: 4 }]);
    expect((await open()).state.lags).toEqual({ '0_0': 30, '0_1': 3 });
    await rm(path.join(dir, '0_0/kept'), { recursive: true });
    expect((await open()).state.lags).toEqual({ '0_0': 30, '0_1': 3 });
    await writeFile(path.join(dir, '0_0/positions.json'), '{"kept":{"off');
    expect((await open()).state.lags).toEqual({ '0_1': 3 });
  });
});

test('instances that share a folder say the same name, others another', async () => {
  await withFolder(async (dir) => {
    const { open } = await opened(dir);
    const [one, two] = await Promise.all([open(), open()]);
    expect(one.state.disk).toBe(two.state.disk);
    expect(await readFile(path.join(dir, 'disk-id'), 'utf8')).toBe(one.state.disk);
    await rm(path.join(dir, 'disk-id'));
    expect((await open()).state.disk).not.toBe(one.state.disk);
  });
});
