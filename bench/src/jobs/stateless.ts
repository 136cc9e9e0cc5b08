import path from 'node:path';
import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { inputRecords, type InputShape, inputTopic, runTopology, usual } from '../fixture.ts';
import { CommitClock, eachRecord, HandWriter, handRead } from '../hand.ts';
import { timed } from '../cost.ts';
import type { Job } from '../job.ts';
import { type Result, tally, tallyFile, tallyTopic } from '../tally.ts';

interface Order {
  readonly id: number;
  readonly product: string;
  readonly quantity: number;
  readonly price: number;
}

const keep = (order: Order): boolean => order.quantity > 2;
const totalOf = (order: Order) => ({
  id: order.id,
  product: order.product,
  total: order.quantity * order.price,
});

interface StatelessJob {
  readonly name: string;
  readonly shape: InputShape;
  readonly total: (order: Order) => object;
}

const statelessJob = ({ name, shape, total }: StatelessJob): Job => ({
  name,
  what: `JSON of ${90 + shape.noteLength - usual.noteLength} bytes in, filter, mapValues, JSON out`,
  aim: 0.85,
  shape,

  expected: (records) => tally(totals(records, shape, total)),

  async millrace(fixture) {
    const out = fixture.fresh('totals');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: json<Order>() }))
      .filter(keep)
      .mapValues(total)
      .to(topic(out, { key: string(), value: json<object>() }));
    const cost = await runTopology(fixture, builder.build());
    return { ...cost, results: () => tallyTopic(fixture.log, out) };
  },

  async hand({ dir, handFile, fresh }) {
    const file = path.join(dir, fresh('totals.hand'));
    const cost = await timed(async () => {
      const writer = await HandWriter.create(file);
      const clock = new CommitClock();
      for await (const batch of handRead(handFile)) {
        eachRecord(batch, (key, from, to, timestamp) => {
          const order = JSON.parse(batch.bytes.toString('utf8', from, to)) as Order;
          if (keep(order)) writer.addText(key, JSON.stringify(total(order)), timestamp);
        });
        if (clock.due()) await writer.flush(true);
      }
      await writer.flush(true);
      await writer.close();
    });
    return { ...cost, results: () => tallyFile(file) };
  },
});

export const stateless = statelessJob({ name: 'stateless', shape: usual, total: totalOf });
/** Values of 10 KB, which go out as they came in, with a total. */
export const largeValues = statelessJob({
  name: 'large-values',
  shape: { ...usual, noteLength: 10_000, share: 0.05 },
  total: (order) => ({ ...order, ...totalOf(order) }),
});

function* totals(records: number, shape: InputShape, total: StatelessJob['total']): Generator<Result> {
  for (const { key, value } of inputRecords(records, shape)) {
    const order = JSON.parse(value) as Order;
    if (keep(order)) yield [key, JSON.stringify(total(order))];
  }
}
