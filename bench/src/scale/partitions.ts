import { json, StreamsBuilder, string, topic, type Topology } from '@millrace/streams-core';
import { recordAt } from '../fixture.ts';
import { figuresOf, type ScaleRow } from './row.ts';
import { fillTopic, inScratch, runApp } from './scratch.ts';

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
      return figuresOf(count, await runApp(scratch, topology(), { sources: [input] }));
    }),
});

const sizes = [1, 10, 100, 1000];

export const partitionRows: readonly ScaleRow[] = [
  ...sizes.map((partitions) => overPartitions('stateless', stateless, partitions)),
  ...sizes.map((partitions) => overPartitions('count', counts, partitions)),
];
