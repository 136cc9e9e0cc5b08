import {
  type GlobalKTable,
  type InsertOnlyKTable,
  json,
  type KGroupedStream,
  type KStream,
  type KTable,
  keyValueStore,
  long,
  minutes,
  nullable,
  number,
  type ProcessorContext,
  type Row,
  type Serde,
  SessionWindows,
  type StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  timeWindowed,
  topic,
  untilWindowCloses,
  type Windowed,
  windowStore,
} from '@millrace/streams-core';
import { describe, expectTypeOf, test } from 'vitest';
import { z } from 'zod';

const Sale = z.object({ kind: z.literal('sale'), sku: z.string(), quantity: z.number() });
type Sale = z.infer<typeof Sale>;
interface Refund {
  readonly kind: 'refund';
  readonly reason: string;
}
interface Product {
  readonly price: number;
}

const sales = topic('sales', { key: string(), value: json(Sale) });
const refunds = topic('refunds', { key: string(), value: json<Refund>() });
const products = topic('products', { key: string(), value: json<Product>() });
const byNumber = topic('by-number', { key: number(), value: json<Product>() });
const events = topic('events', { key: string(), value: json<Sale | Refund>() });
const builder = new StreamsBuilder();
const stream = builder.stream(sales);
const mixed = builder.stream(events);
const table = builder.table(products);

describe('topics and serdes', () => {
  test('the type of a topic comes from its serdes', () => {
    expectTypeOf(sales.value).toEqualTypeOf<Serde<Sale>>();
    expectTypeOf(stream).toEqualTypeOf<KStream<string, Sale>>();
  });
  test('json() takes the type you vouch for', () =>
    expectTypeOf(json<Refund>()).toEqualTypeOf<Serde<Refund>>());
  test('several topics of one type are one stream', () => {
    expectTypeOf(builder.stream([sales, sales])).toEqualTypeOf<KStream<string, Sale>>();
  });
  test('several topics of different types are none', () => {
    // @ts-expect-error: refunds are no sales
    builder.stream<string, Sale>([sales, refunds]);
  });
  test('a serde of your own is five lines', () => {
    const dates: Serde<Date> = {
      serialize: (date) => Buffer.from(date.toISOString()),
      deserialize: (bytes) => new Date(Buffer.from(bytes).toString()),
    };
    expectTypeOf(builder.stream(topic('dates', { key: string(), value: dates }))).toEqualTypeOf<
      KStream<string, Date>
    >();
  });
});

describe('streams', () => {
  test('mapValues changes the value', () =>
    expectTypeOf(stream.mapValues(({ quantity }) => quantity)).toEqualTypeOf<KStream<string, number>>());
  test('map changes both', () =>
    expectTypeOf(stream.map((sale, key) => [sale.quantity, key] as const)).toEqualTypeOf<
      KStream<number, string>
    >());
  test('selectKey changes the key', () =>
    expectTypeOf(stream.selectKey(({ quantity }) => quantity)).toEqualTypeOf<KStream<number, Sale>>());
  test('flatMapValues takes what an iterable gives', () =>
    expectTypeOf(stream.flatMapValues(({ sku }) => sku.split(''))).toEqualTypeOf<KStream<string, string>>());
  test('a wrong field does not compile', () => {
    // @ts-expect-error: no such field
    stream.filter((sale) => sale.amount > 1);
    // @ts-expect-error: no such field
    stream.mapValues((sale) => sale.price);
  });
  test('filter with a guard narrows', () => {
    expectTypeOf(mixed.filter((event): event is Sale => event.kind === 'sale')).toEqualTypeOf<
      KStream<string, Sale>
    >();
  });
  test('filter narrows by inference too', () => {
    expectTypeOf(mixed.filter((event) => event.kind === 'refund')).toEqualTypeOf<KStream<string, Refund>>();
  });
  test('a plain filter keeps the type', () =>
    expectTypeOf(stream.filter(({ quantity }) => quantity > 1)).toEqualTypeOf<KStream<string, Sale>>());
  test('split narrows its branches and the rest', () => {
    const branches = mixed.split({ sold: (event): event is Sale => event.kind === 'sale', others: 'rest' });
    expectTypeOf(branches.sold).toEqualTypeOf<KStream<string, Sale>>();
    expectTypeOf(branches.others).toEqualTypeOf<KStream<string, Refund>>();
  });
  test('split without guards keeps the type', () => {
    const branches = stream.split({ large: ({ quantity }) => quantity > 10, small: 'rest' });
    expectTypeOf(branches.large).toEqualTypeOf<KStream<string, Sale>>();
    expectTypeOf(branches.small).toEqualTypeOf<KStream<string, Sale>>();
  });
  test('there are no branches but those named', () => {
    const branches = stream.split({ large: () => true });
    // @ts-expect-error: no such branch
    expectTypeOf(branches.small).toBeUndefined();
  });
  test('merge is of either type', () => {
    expectTypeOf(stream.merge(builder.stream(refunds))).toEqualTypeOf<KStream<string, Sale | Refund>>();
  });
  test('a stream of sales is a stream of sales or refunds, not the other way round', () => {
    expectTypeOf(stream).toExtend<KStream<string, Sale | Refund>>();
    expectTypeOf(mixed).not.toExtend<KStream<string, Sale>>();
  });
});

describe('sinks', () => {
  test('a topic takes its own type, and narrower ones', () => {
    stream.to(sales);
    stream.to(events);
  });
  test('a topic of another value does not compile', () => {
    // @ts-expect-error: sales are no refunds
    stream.to(refunds);
    // @ts-expect-error: a refund might come
    mixed.to(sales);
  });
  test('a topic of another key does not compile', () => {
    const prices = table.toStream().mapValues((product) => product as Product);
    // @ts-expect-error: keys are texts
    prices.to(byNumber);
  });
  test('a dynamic sink brings serdes that fit', () => {
    stream.to(({ value }) => value.sku, sales);
    // @ts-expect-error: sales are no refunds
    stream.to(({ value }) => value.sku, { key: string(), value: json<Refund>() });
  });
});

describe('joins', () => {
  test('an inner join has both sides', () => {
    stream.join(table, (sale, product) => {
      expectTypeOf(sale).toEqualTypeOf<Sale>();
      expectTypeOf(product).toEqualTypeOf<Product>();
      return 0;
    });
  });
  test('a left join may lack the right one', () => {
    const joined = stream.leftJoin(table, (sale, product) => ({ sale, product }));
    expectTypeOf(joined).toEqualTypeOf<KStream<string, { sale: Sale; product: Product | null }>>();
  });
  test('differently keyed streams and tables do not join', () => {
    // @ts-expect-error: one key is a text, the other a number
    stream.join(builder.table(byNumber), (sale) => sale);
    // @ts-expect-error: one key is a text, the other a number
    table.join(builder.table(byNumber), (a) => a);
  });
  test('a global table is joined by a key of its own', () => {
    const global: GlobalKTable<number, Product> = builder.globalTable(byNumber);
    const joined = stream.join(
      global,
      (sale) => sale.quantity,
      (sale, product) => sale.quantity * product.price,
    );
    expectTypeOf(joined).toEqualTypeOf<KStream<string, number>>();
    const selectText = (key: string): string => key;
    // @ts-expect-error: its keys are numbers
    stream.join(global, selectText, (sale) => sale);
  });
  test('an outer join may lack either side', () => {
    table.outerJoin(table, (left, right) => {
      expectTypeOf(left).toEqualTypeOf<Product | null>();
      expectTypeOf(right).toEqualTypeOf<Product | null>();
      return 0;
    });
  });
});

describe('tables and aggregates', () => {
  test('count, reduce and aggregate', () => {
    const grouped: KGroupedStream<string, Sale> = stream.groupByKey();
    expectTypeOf(grouped.count()).toEqualTypeOf<InsertOnlyKTable<string, number>>();
    expectTypeOf(grouped.reduce((a) => a)).toEqualTypeOf<InsertOnlyKTable<string, Sale>>();
    expectTypeOf(
      grouped.aggregate({ initial: () => '', add: (text, sale) => text + sale.sku }),
    ).toEqualTypeOf<InsertOnlyKTable<string, string>>();
  });
  test('an aggregate that JSON would lose a part of needs a serde', () => {
    const grouped = stream.groupByKey();
    interface Tree {
      readonly children: readonly Tree[];
    }
    // @ts-expect-error JSON loses a Map
    grouped.aggregate({ initial: () => new Map<string, number>(), add: (seen) => seen });
    // @ts-expect-error JSON loses a Date, however deep it is
    grouped.aggregate({ initial: () => ({ last: [{ at: new Date() }] }), add: (seen) => seen });
    // @ts-expect-error JSON has no bigint
    grouped.windowedBy(TimeWindows.of(1)).aggregate({ initial: () => 0n, add: (sum) => sum + 1n });
    const value = {} as Serde<Map<string, number>>;
    expectTypeOf(
      grouped.aggregate({ initial: () => new Map<string, number>(), add: (seen) => seen, value }),
    ).toEqualTypeOf<InsertOnlyKTable<string, Map<string, number>>>();
    grouped.aggregate({ initial: (): Tree => ({ children: [] }), add: (tree) => tree });
    grouped.aggregate({ initial: (): unknown => null, add: (seen) => seen });
    grouped.aggregate({ initial: (): string | null => null, add: (seen) => seen });
  });

  test('a reducer keeps the type', () => {
    // @ts-expect-error: a number is no sale
    stream.groupByKey().reduce((a, b) => a.quantity + b.quantity);
  });
  test('groupBy wants a serde for its new key', () => {
    expectTypeOf(stream.groupBy(({ quantity }) => quantity, { key: long() }).count()).toEqualTypeOf<
      InsertOnlyKTable<number, number>
    >();
    // @ts-expect-error: no serde
    stream.groupBy(({ quantity }) => quantity);
    // @ts-expect-error: a serde of another type
    stream.groupBy(({ quantity }) => quantity, { key: string() });
  });
  test('windowed tables have windowed keys', () => {
    const windowed = stream
      .groupByKey()
      .windowedBy(TimeWindows.of(minutes(1)))
      .count();
    expectTypeOf(windowed).toEqualTypeOf<InsertOnlyKTable<Windowed<string>, number>>();
    const out = topic('out', { key: timeWindowed(string(), minutes(1)), value: json<number>() });
    // No row is deleted, so that the topic's values need not be null.
    windowed.suppress(untilWindowCloses()).toStream().to(out);
    // @ts-expect-error: the keys are windowed
    windowed.toStream().to(topic('plain', { key: string(), value: json<number | null>() }));
  });
  test('changes of a table may be null, those of counts may not', () => {
    expectTypeOf(table.toStream()).toEqualTypeOf<KStream<string, Product | null>>();
    const counts = stream.groupByKey().count();
    expectTypeOf(counts.toStream()).toEqualTypeOf<KStream<string, number>>();
    expectTypeOf(counts.toStream((count, key) => key.length + count)).toEqualTypeOf<
      KStream<number, number>
    >();
    expectTypeOf(counts.filter((count) => count > 1).toStream()).toEqualTypeOf<
      KStream<string, number | null>
    >();
    const maybe = stream
      .groupByKey()
      .aggregate({ initial: (): number | null => 0, add: (sum, { quantity }) => (sum ?? 0) + quantity });
    expectTypeOf(maybe.toStream()).toEqualTypeOf<KStream<string, number | null>>();
    const sessions = stream
      .groupByKey()
      .windowedBy(SessionWindows.of(minutes(1)))
      .count();
    expectTypeOf(sessions.toStream()).toEqualTypeOf<KStream<Windowed<string>, number | null>>();
  });
  test('a topic whose serdes admit null says so in its stream', () => {
    const keyless = topic('keyless', { key: nullable(string()), value: nullable(json(Sale)) });
    expectTypeOf(builder.stream(keyless)).toEqualTypeOf<KStream<string | null, Sale | null>>();
    // @ts-expect-error: the value may be null
    builder.stream(keyless).mapValues((sale) => sale.quantity);
  });
  test('only windowed tables can wait for windows to close', () => {
    // @ts-expect-error: no windows
    table.suppress(untilWindowCloses());
  });
  test('toStream may give null, for deleted rows', () => {
    expectTypeOf(table.toStream()).toEqualTypeOf<KStream<string, Product | null>>();
    // @ts-expect-error: deleted rows are null
    table.toStream().to(products);
  });
  test('a grouped table adds and subtracts', () => {
    const grouped = table.groupBy((product, key) => [product.price, key] as const, { key: number() });
    expectTypeOf(grouped.count()).toEqualTypeOf<KTable<number, number>>();
    // @ts-expect-error: what goes in must come out
    grouped.aggregate({ initial: () => 0, add: (n) => n + 1 });
  });
  test('a table filtered with a guard narrows', () => {
    expectTypeOf(builder.table(events).filter((event): event is Sale => event.kind === 'sale')).toEqualTypeOf<
      KTable<string, Sale>
    >();
  });
});

describe('processors', () => {
  const counts = keyValueStore({ name: 'counts', key: string(), value: long() });
  const recent = windowStore({
    name: 'recent',
    key: string(),
    value: json<Sale>(),
    retentionMs: 1000,
    windowSizeMs: 100,
  });
  test('a store is as its spec says', () => {
    stream.process(
      (context) => {
        const store = context.store(counts);
        expectTypeOf(store.get('a')).toEqualTypeOf<number | undefined>();
        expectTypeOf(context.store(recent).fetch('a', 0)).toEqualTypeOf<Sale | undefined>();
        return ({ key, value }) => {
          store.put(key, value.quantity);
          // @ts-expect-error: values are numbers
          store.put(key, 'one');
          // @ts-expect-error: keys are texts
          store.get(1);
        };
      },
      { stores: [counts, recent] },
    );
  });
  test('what a processor forwards is what comes out', () => {
    const out = stream.process<number, string>(
      (context) =>
        ({ value, timestamp, headers }) =>
          context.forward({ key: value.quantity, value: value.sku, timestamp, headers }),
    );
    expectTypeOf(out).toEqualTypeOf<KStream<number, string>>();
    stream.process<number, string>((context) => ({ value, timestamp, headers }) => {
      // @ts-expect-error: keys are numbers
      void context.forward({ key: 'text', value: value.sku, timestamp, headers });
    });
  });
  test('what a processor forwards is as its serdes say, or as what comes in', () => {
    const numbered = stream.process(
      (context) => (record) => context.forward({ ...record, key: 1, value: record.value.sku }),
      { key: long(), value: string() },
    );
    expectTypeOf(numbered).toEqualTypeOf<KStream<number, string>>();
    const lengths = stream.processValues(
      (context) =>
        ({ value }) =>
          context.forward(value.quantity),
      {
        value: long(),
      },
    );
    expectTypeOf(lengths).toEqualTypeOf<KStream<string, number>>();
    const same = stream.process((context) => (record) => context.forward(record));
    expectTypeOf(same).toEqualTypeOf<KStream<string, Sale>>();
    const later = stream.processAsync(
      async (record, { forward }) => forward({ ...record, value: record.value.quantity }),
      { value: long() },
    );
    expectTypeOf(later).toEqualTypeOf<KStream<string, number>>();
    const annotated = stream.process((context: ProcessorContext<string, boolean>) => (record) => {
      void context.forward({ ...record, value: true });
    });
    expectTypeOf(annotated).toEqualTypeOf<KStream<string, boolean>>();
  });
  test('processValues keeps the key', () => {
    expectTypeOf(
      stream.processValues<number>(
        (context) =>
          ({ value }) =>
            context.forward(value.quantity),
      ),
    ).toEqualTypeOf<KStream<string, number>>();
  });
});

describe('queries', () => {
  const app = {} as StreamsApp;
  test('a table says of which types its rows are', () => {
    const table = stream.groupByKey().count({ as: 'n' });
    expectTypeOf(app.store(table).get('a')).resolves.toEqualTypeOf<number | undefined>();
    // @ts-expect-error: keys are texts
    void app.store(table).get(1);
    // @ts-expect-error: it has no windows
    void app.store(table).fetch;
  });
  test('a windowed table is asked by the key and the window', () => {
    const table = stream.groupByKey().windowedBy(TimeWindows.of(1000)).count({ as: 'w' });
    expectTypeOf(app.store(table).fetch('a')).resolves.toEqualTypeOf<
      readonly Row<Windowed<string>, number>[]
    >();
    // @ts-expect-error: it has windows
    void app.store(table).range;
  });
  test('a spec says the same', () => {
    const spec = keyValueStore({ name: 's', key: string(), value: long() });
    expectTypeOf(app.store(spec).get('a')).resolves.toEqualTypeOf<number | undefined>();
    expectTypeOf(app.store('s').get('a')).resolves.toEqualTypeOf<unknown>();
  });
});
