import {
  bytes,
  json,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  type Topology,
  untilWindowCloses,
} from '@millrace/streams-core';
import { inputTopic } from '../fixture.ts';

interface Order {
  readonly id: number;
  readonly product: string;
  readonly quantity: number;
  readonly price: number;
}

const sizeMs = 60_000;

/** The jobs that are shared out among workers, by name; each sends its results to the topic given. */
export const topologies: Readonly<Record<string, (out: string) => Topology>> = {
  stateless(out) {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: json<Order>() }))
      .filter(({ quantity }) => quantity > 2)
      .mapValues(({ id, product, quantity, price }) => ({ id, product, total: quantity * price }))
      .to(topic(out, { key: string(), value: json<{ id: number; product: string; total: number }>() }));
    return builder.build();
  },
  'window-count'(out) {
    const builder = new StreamsBuilder();
    builder
      .stream(topic(inputTopic, { key: string(), value: bytes() }))
      .groupByKey()
      .windowedBy(TimeWindows.of(sizeMs).grace(sizeMs / 12))
      .count({ as: 'counts' })
      .suppress(untilWindowCloses({ name: 'closed' }))
      .toStream()
      .to(topic(out, { key: timeWindowed(string(), sizeMs), value: json<number | null>() }));
    return builder.build();
  },
};

export interface WorkersJob {
  readonly job: string;
  readonly applicationId: string;
  readonly dir: string;
  readonly out: string;
  /** Of a Kafka broker; undefined on an embedded log. */
  readonly broker: string | undefined;
}
