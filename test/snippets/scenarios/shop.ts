import {
  hours,
  json,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topology,
  topic,
  untilWindowCloses,
} from '@millrace/streams-core';

export interface Sale {
  readonly quantity: number;
}

export interface Order {
  readonly customer: string;
  readonly units: number;
}

export const sales = topic('sales', { key: string(), value: json<Sale>() });
export const demand = topic('demand', { key: string(), value: json<{ readonly units: number }>() });
export const orders = topic('orders', { key: string(), value: json<Order>() });

const sum = {
  initial: () => ({ units: 0 }),
  add: (so: { units: number }, sale: Sale) => ({ units: so.units + sale.quantity }),
};

/** What has been sold of each article so far. */
export function runningDemand(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .groupByKey()
    .aggregate({ ...sum, as: 'demand' })
    .toStream()
    .to(demand);
  return builder.build();
}

/** What has been sold in an hour, once it is over. */
export function hourlyDemand(): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(sales)
    .groupByKey()
    .windowedBy(TimeWindows.of(hours(1)))
    .aggregate(sum)
    .suppress(untilWindowCloses())
    .toStream()
    .map((total, { key }) => [key, total ?? { units: 0 }])
    .to(demand);
  return builder.build();
}
