import {
  bytes,
  json,
  long,
  minutes,
  seconds,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  type Topology,
  topic,
} from '@millrace/streams-core';

// The jobs of bench/kafka/StreamsBench.java, operator by operator. Fields are added to the object that was
// read, as there.

export const inputTopic = 'bench-input';
export const rowsTopic = 'bench-rows';

interface Sale {
  readonly quantity: number;
  readonly price: number;
}

interface Row {
  readonly name: string;
}

const key = string();
const sales = topic(inputTopic, { key, value: json<Sale>() });

type Build = (builder: StreamsBuilder, out: string) => void;

export const jobs = {
  stateless: (builder, out) => {
    builder
      .stream(sales)
      .filter(({ quantity }) => quantity > 2)
      .mapValues((sale) => Object.assign(sale, { total: sale.quantity * sale.price }))
      .to(topic(out, { key, value: json<Sale & { total: number }>() }));
  },
  'window-count': (builder, out) => {
    builder
      .stream(topic(inputTopic, { key, value: bytes() }))
      .groupByKey()
      .windowedBy(TimeWindows.of(minutes(1)).grace(seconds(5)))
      .count({ as: 'counts' })
      .toStream()
      .mapValues((count) => count ?? 0)
      .to(topic(out, { key: timeWindowed(key, minutes(1)), value: long() }));
  },
  'stream-table-join': (builder, out) => {
    const row = json<Row>({ immutable: true });
    const rows = builder.table(topic(rowsTopic, { key, value: row }), { as: 'rows' });
    builder
      .stream(sales)
      .join(rows, (sale, { name }) => Object.assign(sale, { name }))
      .to(topic(out, { key, value: json<Sale & Row>() }));
  },
} as const satisfies Record<string, Build>;

export type JobName = keyof typeof jobs;

export function topologyOf(job: JobName, out: string): Topology {
  const builder = new StreamsBuilder();
  jobs[job](builder, out);
  return builder.build();
}

export const inputsOf = (job: JobName): readonly string[] =>
  job === 'stream-table-join' ? [inputTopic, rowsTopic] : [inputTopic];
