import {
  type CogroupedKStream,
  double,
  EmitStrategy,
  integer,
  json,
  type KGroupedStream,
  type KGroupedTable,
  KStream,
  KTable,
  long,
  nullable,
  type Serde,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topic,
  type Topology,
  topic,
  untilTimeLimit,
  untilWindowCloses,
  type Windowed,
} from '@millrace/streams-core';
import { buildJoin, type JoinOp } from './build-join.ts';
import * as functions from './functions.ts';
import { UnsupportedScenario } from './functions.ts';
import { defined, materialized } from './options.ts';
import { Made, type Table } from './made.ts';
import { windowsOf } from './windows.ts';
import { scenarioProcessor } from './processors.ts';
import type { Op, Scalar, Scenario } from './schema.ts';

const serdes: Readonly<Record<'string' | 'int' | 'long' | 'double', Serde<unknown>>> = {
  string: string() as Serde<unknown>,
  int: integer() as Serde<unknown>,
  long: long() as Serde<unknown>,
  double: double() as Serde<unknown>,
};
/** Inside a scenario's topology everything is JSON; only what a producer would write has its own bytes. */
const any = json<Scalar>();

export interface BuiltScenario {
  readonly topology: Topology;
  readonly inputs: ReadonlyMap<string, Topic<Scalar, Scalar>>;
  readonly outputs: readonly string[];
}

type Of<N extends Op['op']> = Extract<Op, { op: N }>;

class Build {
  readonly builder = new StreamsBuilder();
  readonly inputs = new Map<string, Topic<Scalar, Scalar>>();
  readonly outputs: string[] = [];
  readonly #made = new Made();

  #input({ topic: name, key, value }: Of<'stream' | 'table' | 'globalTable'>): Topic<Scalar, Scalar> {
    // Scenarios have null keys and values wherever Kafka Streams reads them.
    const made = topic(name, {
      key: nullable(serdes[key]) as Serde<Scalar>,
      value: nullable(serdes[value]) as Serde<Scalar>,
    });
    this.inputs.set(name, made);
    return made;
  }

  add(op: Op): void {
    const add = this.#ops[op.op] as (op: Op) => void;
    add(op);
  }

  readonly #ops: { readonly [N in Op['op']]: (op: Of<N>) => void } = {
    stream: (op) => this.#made.setStream(op.id, this.builder.stream(this.#input(op), { name: op.id })),
    table: (op) => this.#made.setTable(op.id, this.builder.table(this.#input(op), materialized(op))),
    globalTable: (op) => {
      this.#made.set(op.id, { kind: 'global', global: this.builder.globalTable(this.#input(op)) });
    },
    filter: (op) => this.#filter(op, functions.predicate(op.predicate)),
    filterNot: (op) => {
      const predicate = functions.predicate(op.predicate);
      this.#filter(op, (value, key) => !predicate(value, key));
    },
    map: (op) =>
      this.#made.setStream(op.id, this.#made.stream(op.from).map(functions.map(op.mapper), { name: op.id })),
    mapValues: (op) => {
      const mapper = functions.mapValues(op.mapper);
      if (this.#made.isTable(op.from)) {
        this.#made.setTable(
          op.id,
          this.#made.table(op.from).mapValues(mapper, { ...materialized(op), value: any }),
        );
      } else this.#made.setStream(op.id, this.#made.stream(op.from).mapValues(mapper, { name: op.id }));
    },
    flatMap: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.from).flatMap(functions.flatMap(op.mapper), { name: op.id }),
      ),
    flatMapValues: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.from).flatMapValues(functions.flatMapValues(op.mapper), { name: op.id }),
      ),
    selectKey: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.from).selectKey(functions.newKey(op.mapper), { key: any, name: op.id }),
      ),
    peek: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.from).peek(() => {}, { name: op.id }),
      ),
    merge: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.left).merge(this.#made.stream(op.right), { name: op.id }),
      ),
    split: (op) => {
      const branches = Object.fromEntries(
        op.branches.map(({ id, predicate }) => [id, functions.predicate(predicate)]),
      );
      const all = op.default === undefined ? branches : { ...branches, [op.default]: 'rest' as const };
      for (const [id, stream] of Object.entries(this.#made.stream(op.from).split(all)))
        this.#made.setStream(id, stream);
    },
    repartition: (op) =>
      this.#made.setStream(
        op.id,
        this.#made.stream(op.from).repartition({ key: any, value: any, name: op.id }),
      ),
    process: (op) => {
      const { supplier, options } = scenarioProcessor(op.processor);
      this.#made.setStream(op.id, this.#made.stream(op.from).process(supplier, { ...options, name: op.id }));
    },
    processValues: (op) => {
      if (functions.nameOf(op.processor) !== 'forward-length') {
        throw new UnsupportedScenario(`there is no processValues "${functions.nameOf(op.processor)}"`);
      }
      const lengths = this.#made.stream(op.from).processValues<Scalar>(
        (context) =>
          ({ value }) =>
            context.forward(String(value).length),
        { name: op.id },
      );
      this.#made.setStream(op.id, lengths);
    },
    toStream: (op) => {
      const table = this.#made.table(op.from);
      const named = { name: op.id };
      this.#made.setStream(
        op.id,
        op.keyMapper === undefined
          ? table.toStream(named)
          : table.toStream(functions.newKey(op.keyMapper), named),
      );
    },
    toTable: (op) =>
      this.#made.setTable(
        op.id,
        this.#made.stream(op.from).toTable({ ...materialized(op), key: any, value: any }),
      ),
    to: (op) => {
      const stream = this.#made.isTable(op.from)
        ? this.#made.table(op.from).toStream()
        : this.#made.stream(op.from);
      stream.to(topic(op.topic, { key: any, value: any }));
      this.outputs.push(op.topic);
    },
    groupByKey: (op) => {
      this.#made.set(op.id, {
        kind: 'grouped',
        grouped: this.#made.stream(op.from).groupByKey({ key: any, value: any }),
      });
    },
    groupBy: (op) => {
      const serdesOf = { key: any, value: any };
      if (this.#made.isTable(op.from)) {
        const grouped = this.#made.table(op.from).groupBy(functions.groupTable(op.mapper), serdesOf);
        this.#made.set(op.id, { kind: 'groupedTable', grouped });
      } else {
        const grouped = this.#made.stream(op.from).groupBy(functions.newKey(op.mapper), serdesOf);
        this.#made.set(op.id, { kind: 'grouped', grouped });
      }
    },
    windowedBy: ({ id, from, window, emit }) => {
      const windows = windowsOf(window);
      const made = this.#made.of(from);
      if (made?.kind === 'cogrouped') {
        const cogrouped = made.cogrouped.windowedBy(windows as TimeWindows) as unknown as CogroupedKStream<
          Scalar,
          Scalar
        >;
        this.#made.set(id, { kind: 'cogrouped', cogrouped });
        return;
      }
      const { grouped } = this.#made.get(from, 'grouped');
      const options = emit === 'onWindowClose' ? { emit: EmitStrategy.onWindowClose } : {};
      const windowed = grouped.windowedBy(windows as TimeWindows, options);
      this.#made.set(id, { kind: 'windowed', windowed });
    },
    count: (op) => this.#aggregated(op, (made) => made.count(materialized(op)) as unknown as Table),
    reduce: (op) => {
      const options = { ...materialized(op), value: any };
      const made = this.#made.of(op.from);
      if (made?.kind === 'groupedTable') {
        const reducers = { add: functions.fold(op.adder!), subtract: functions.fold(op.subtractor!) };
        this.#made.setTable(op.id, made.grouped.reduce(reducers, options));
      } else {
        const reducer = functions.fold(op.reducer!);
        this.#aggregated(op, (from) => {
          return (from as KGroupedStream<Scalar, Scalar>).reduce(reducer, options);
        });
      }
    },
    aggregate: (op) => {
      const merge = op.merger === undefined ? {} : { merge: functions.fold(op.merger) };
      const initial = functions.initializer(op.initializer);
      const options = { ...materialized(op), value: any, initial, ...merge };
      const made = this.#made.of(op.from);
      if (made?.kind === 'cogrouped') this.#made.setTable(op.id, made.cogrouped.aggregate(options));
      else if (made?.kind === 'groupedTable') {
        const [add, subtract] = [functions.fold(op.adder!), functions.fold(op.subtractor!)];
        this.#made.setTable(op.id, made.grouped.aggregate<Scalar>({ ...options, add, subtract }));
      } else {
        const add = functions.fold(op.aggregator!);
        this.#aggregated(op, (from) =>
          (from as KGroupedStream<Scalar, Scalar>).aggregate<Scalar>({ ...options, add }),
        );
      }
    },
    cogroup: ({ id, groups }) => {
      let cogrouped: CogroupedKStream<Scalar, Scalar> | undefined;
      for (const { from, aggregator } of groups) {
        const { grouped } = this.#made.get(from, 'grouped');
        const add = functions.fold(aggregator);
        cogrouped = cogrouped === undefined ? grouped.cogroup<Scalar>(add) : cogrouped.cogroup(grouped, add);
      }
      this.#made.set(id, { kind: 'cogrouped', cogrouped: cogrouped! });
    },
    join: (op) => this.#join(op),
    leftJoin: (op) => this.#join(op),
    outerJoin: (op) => this.#join(op),
    suppress: ({ id, from, until, buffer }) => {
      const limits = 'unbounded' in buffer ? {} : { buffer: defined(buffer) };
      if ('timeLimitMs' in until) {
        const limitMs = until.timeLimitMs === 'max' ? Number.POSITIVE_INFINITY : until.timeLimitMs;
        this.#made.setTable(id, this.#made.table(from).suppress(untilTimeLimit(limitMs, limits)));
      } else {
        const table = this.#made.table(from) as unknown as KTable<Windowed<Scalar>, Scalar>;
        const closes = untilWindowCloses(limits as Parameters<typeof untilWindowCloses>[0]);
        this.#made.setTable(id, table.suppress(closes) as unknown as Table);
      }
    },
  };

  #filter(op: Of<'filter' | 'filterNot'>, predicate: (value: Scalar, key: Scalar) => boolean): void {
    if (this.#made.isTable(op.from))
      this.#made.setTable(op.id, this.#made.table(op.from).filter(predicate, materialized(op)));
    else this.#made.setStream(op.id, this.#made.stream(op.from).filter(predicate, { name: op.id }));
  }

  /** Windowed or not: the methods are the same, and the table of either is one of scalars to a scenario. */
  #aggregated(
    op: { readonly id: string; readonly from: string },
    aggregate: (from: KGroupedStream<Scalar, Scalar> | KGroupedTable<Scalar, Scalar>) => Table,
  ): void {
    const made = this.#made.of(op.from);
    if (made?.kind === 'grouped' || made?.kind === 'groupedTable')
      this.#made.setTable(op.id, aggregate(made.grouped));
    else if (made?.kind === 'windowed') {
      this.#made.setTable(op.id, aggregate(made.windowed as unknown as KGroupedStream<Scalar, Scalar>));
    } else
      throw new UnsupportedScenario(`"${op.from}" is ${made?.kind ?? 'unknown'}: it cannot be aggregated`);
  }

  #join(op: JoinOp): void {
    const joined = buildJoin(op, {
      stream: (id) => this.#made.stream(id),
      table: (id) => this.#made.table(id),
      global: (id) => this.#made.get(id, 'global').global,
    });
    if (joined instanceof KStream) this.#made.setStream(op.id, joined);
    else this.#made.setTable(op.id, joined);
  }
}

/** The topology that a scenario describes. @throws UnsupportedScenario for what Millrace does not have */
export function buildScenario(scenario: Scenario): BuiltScenario {
  const build = new Build();
  for (const op of scenario.topology) build.add(op);
  return { topology: build.builder.build(), inputs: build.inputs, outputs: build.outputs };
}
