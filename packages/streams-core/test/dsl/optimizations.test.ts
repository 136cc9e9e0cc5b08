import { StreamsApp, StreamsBuilder, string, TimeWindows } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { caughtUp, withLog, write } from '../runtime/support.ts';

test('a stream goes through one topic, however often it is grouped', () => {
  const build = (mergeRepartition: boolean) => {
    const builder = new StreamsBuilder({ optimize: { mergeRepartition } });
    const rekeyed = builder.stream(input).selectKey((value) => String(value % 2), { key: string() });
    rekeyed.groupByKey().count({ as: 'all' }).toStream().to(output);
    rekeyed.groupByKey().windowedBy(TimeWindows.of(10)).count({ as: 'windows' });
    return builder.build();
  };
  expect(build(false).repartitionTopics.size).toBe(2);
  expect(build(true).repartitionTopics.size).toBe(1);
  const driver = new TopologyTestDriver(build(true));
  driver.createInputTopic(input).pipeKeyValueList([
    ['a', 1],
    ['b', 3],
    ['c', 2],
  ]);
  expect(driver.createOutputTopic(output).readValuesToList()).toEqual([1, 2, 1]);
  expect(driver.getWindowStore('windows').fetch('1', 0)).toBe(2);
});

describe('a table that has its source topic for a changelog', () => {
  const topology = () => {
    const builder = new StreamsBuilder({ optimize: { reuseSourceTopics: true } });
    const table = builder.table(input, { as: 'rows' });
    builder
      .stream({ ...input, name: 'asked' })
      .join(table, (_value, row) => row)
      .to(output);
    return builder.build();
  };
  const asked = { ...input, name: 'asked' };

  test('comes back from it, on the same disk and on a fresh one', async () => {
    await withLog(async (log, dir) => {
      await log.admin.createTopics(['input', 'asked', 'output'].map((name) => ({ name, partitions: 1 })));
      const answers = async (stateDir: string, rows: readonly [string, number][]): Promise<unknown[]> => {
        const app = new StreamsApp(topology(), { applicationId: 'reuse', log, stateDir });
        const [before] = await log.admin.offsets([{ topic: 'output', partition: 0 }]);
        await app.start();
        await write(log, input, rows);
        await caughtUp(log, 'reuse', 'input');
        await write(log, asked, [
          ['a', 0, 1000],
          ['b', 0, 1000],
        ]);
        await caughtUp(log, 'reuse', 'asked');
        await app.close();
        const reader = await log.reader([{ topic: 'output', partition: 0, offset: before!.end }]);
        const batches = await reader.poll({ maxWaitMs: 0, maxRecords: 100 });
        await reader.close();
        return batches.flatMap(({ records }) => records.map(({ value }) => output.value.deserialize(value!)));
      };
      expect(await answers(`${dir}/one`, [['a', 1]])).toEqual([1]);
      expect(await answers(`${dir}/one`, [['b', 2]])).toEqual([1, 2]);
      expect(await answers(`${dir}/fresh`, [['a', 3]])).toEqual([3, 2]);
      expect([...(await log.admin.topics()).keys()].toSorted()).toEqual([
        'asked',
        'input',
        'output',
        'reuse-__topology-changelog',
      ]);
    });
  });
});

describe('names', () => {
  test('stores and internal topics with generated names can be refused', () => {
    const build = (named: boolean) => () => {
      const builder = new StreamsBuilder({ requireNames: true });
      builder
        .stream(input)
        .groupBy((value) => String(value), { key: string(), ...(named ? { name: 'by-value' } : {}) })
        .count(named ? { as: 'counts' } : {});
      return builder.build();
    };
    expect(build(false)).toThrow(
      /generated names.*KSTREAM-AGGREGATE-STATE-STORE-0000000002, KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition/,
    );
    expect(build(true)).not.toThrow();
  });
});
