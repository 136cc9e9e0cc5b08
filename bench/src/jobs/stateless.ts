import path from 'node:path';
import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { inputRecords, inputTopic, runTopology } from '../fixture.ts';
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
const total = (order: Order) => ({
  id: order.id,
  product: order.product,
  total: order.quantity * order.price,
});

export const stateless: Job = {
  name: 'stateless',
  what: 'JSON in, filter, mapValues, JSON out',
  aim: 0.85,

  expected: (records) => tally(totals(records)),

  async millrace(fixture) {
    const out = fixture.fresh('totals');
    await fixture.log.admin.createTopics([{ name: out, partitions: 1 }]);
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: json<Order>() }))
      .filter(keep)
      .mapValues(total)
      .to(topic(out, { key: string(), value: json<ReturnType<typeof total>>() }));
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
};

function* totals(records: number): Generator<Result> {
  for (const { key, value } of inputRecords(records)) {
    const order = JSON.parse(value) as Order;
    if (keep(order)) yield [key, JSON.stringify(total(order))];
  }
}
