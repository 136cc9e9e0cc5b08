import { nullable, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { expect, test } from 'vitest';
import { avroSerde, schemaRegistry } from '../src/index.ts';
import { RegistryStub } from './registry-stub.ts';

test('a topology counts what Avro describes, and its store keeps it', async () => {
  const stub = await RegistryStub.start();
  const registry = schemaRegistry({ url: stub.url });
  const order = avroSerde({
    registry,
    subject: 'orders-value',
    schema: {
      type: 'record',
      name: 'Order',
      fields: [
        { name: 'sku', type: 'string' },
        { name: 'quantity', type: 'int' },
      ],
    },
  });
  const incoming = topic('orders', { key: string(), value: order });
  const outgoing = topic('sums', { key: string(), value: nullable(order) });
  const builder = new StreamsBuilder();
  builder
    .stream(incoming)
    .groupByKey()
    .reduce((sum, { sku, quantity }) => ({ sku, quantity: sum.quantity + quantity }), { as: 'sums' })
    .toStream()
    .to(outgoing);
  const driver = new TopologyTestDriver(builder.build());
  const orders = driver.createInputTopic(incoming);
  const sums = driver.createOutputTopic(outgoing);
  orders.pipeInput('a', { sku: 'a', quantity: 1 });
  orders.pipeInput('a', { sku: 'a', quantity: 2 });
  await stub.asked();
  orders.pipeInput('a', { sku: 'a', quantity: 3 });
  expect(await stub.asked()).toEqual([]);
  expect(sums.readValuesToList().map((sum) => sum?.quantity)).toEqual([1, 3, 6]);
  await driver.close();
  await registry.close();
  await stub.stop();
});
