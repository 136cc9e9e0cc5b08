import { json, StreamsBuilder, string, topic, type Topology } from '@millrace/streams-core';
import { recordAt } from '../fixture.ts';
import { figuresOf, type ScaleRow } from './row.ts';
import { fillTopic, inScratch, runApp, type Scratch } from './scratch.ts';
import { tallyTopic } from '../tally.ts';

interface Order {
  readonly quantity: number;
  readonly price: number;
}

const [input, output] = ['orders', 'totals'];
const orders = topic(input, { key: string(), value: json<Order>() });

function stateless(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(orders)
    .filter(({ quantity }) => quantity > 2)
    .mapValues(({ quantity, price }) => ({ total: quantity * price }))
    .to(topic(output, { key: string(), value: json<object>() }));
  return builder.build();
}

function counts(): Topology {
  const builder = new StreamsBuilder();
  builder.stream(orders).groupByKey().count({ as: 'counts' });
  return builder.build();
}

/** Orders in so many partitions, each of which is a task with, where it counts, a store of its own. */
const overPartitions = (kind: string, topology: () => Topology, partitions: number): ScaleRow => ({
  kind,
  name: `${kind}, ${partitions} partition${partitions === 1 ? '' : 's'}`,
  what: `${kind} of orders in JSON`,
  run: (count) =>
    inScratch(async (scratch) => {
      await fillTopic(scratch.log, input, { count, partitions, record: recordAt });
      await scratch.log.admin.createTopics([{ name: output, partitions }]);
      const figures = figuresOf(count, await runApp(scratch, topology(), { sources: [input] }));
      if (kind === 'stateless') await assertAll(scratch, count, partitions);
      return figures;
    }),
});

/** @throws Error where there are more results, or fewer, than orders that are kept */
async function assertAll({ log }: Scratch, count: number, partitions: number): Promise<void> {
  let found = 0;
  for (let partition = 0; partition < partitions; partition++)
    found += (await tallyTopic(log, output, { partition })).count;
  const expected = Array.from({ length: count }, (_, n) => recordAt(n)).filter(
    ({ value }) => (JSON.parse(value) as Order).quantity > 2,
  ).length;
  if (found !== expected) throw new Error(`${expected} results are expected; there are ${found}`);
}

const sizes = [1, 10, 100, 1000];

export const partitionRows: readonly ScaleRow[] = [
  ...sizes.map((partitions) => overPartitions('stateless', stateless, partitions)),
  ...sizes.map((partitions) => overPartitions('count', counts, partitions)),
];
