import type { CompareMode, Op, Scalar } from '../schema.ts';
import { grouped, stream, table, to } from './ops.ts';
import type { Random } from './random.ts';
import { retention, sessionWindow, slidingWindow, timeWindow, type Window } from './random-windows.ts';

/** A topology, and what its inputs are like. */
export interface Family {
  readonly topology: readonly Op[];
  /** Whether streams get null values too. */
  readonly tombstones?: boolean;
  readonly compare?: CompareMode;
  /**
   * No row is deleted at the very time at which it was put (docs/semantics.md says what Kafka Streams makes
   * of that).
   */
  readonly deletesApart?: boolean;
  /** Values of an input, where any text or number will not do. */
  readonly values?: Readonly<Record<string, (random: Random) => Scalar>>;
}

function aggregated(
  random: Random,
  from: string,
  session: boolean,
  kept: { readonly retentionMs?: number } = {},
): Op {
  const id = 'a';
  const store = { name: 'kept', ...kept };
  switch (random.pick(['count', 'reduce', 'aggregate'])) {
    case 'count':
      return { op: 'count', id, from, store };
    case 'reduce':
      return { op: 'reduce', id, from, reducer: 'concat-plus', store };
    default:
      return {
        op: 'aggregate',
        id,
        from,
        initializer: 'str-0',
        aggregator: 'concat-plus',
        ...(session ? { merger: 'concat-plus' } : {}),
        store,
      };
  }
}

function windowed(random: Random, window: Window): readonly Op[] {
  const emit = random.chance(0.4) ? 'onWindowClose' : 'onWindowUpdate';
  return [
    ...grouped,
    { op: 'windowedBy', id: 'w', from: 'g', window, emit },
    aggregated(random, 'w', window.type === 'session', retention(random, window, emit === 'onWindowClose')),
    to('a'),
  ];
}

function streamJoin(random: Random): readonly Op[] {
  const window = {
    beforeMs: random.pick([0, 10, 50]),
    afterMs: random.pick([0, 10, 50]),
    graceMs: random.pick([0, 20, 100]),
  };
  const op = random.pick(['join', 'leftJoin', 'outerJoin'] as const);
  const joined = { op, id: 'j', kind: 'stream-stream', left: 'l', right: 'r', joiner: 'concat-plus', window };
  return [stream('l'), stream('r'), joined as Op, to('j')];
}

/** Every operator family, with parameters drawn at random. */
export const families: Readonly<Record<string, (random: Random) => Family>> = {
  'time-window': (random) => ({ topology: windowed(random, timeWindow(random)) }),
  'session-window': (random) => ({ topology: windowed(random, sessionWindow(random)), compare: 'perKey' }),
  'sliding-window': (random) => ({ topology: windowed(random, slidingWindow(random)), compare: 'perKey' }),
  'stream-stream': (random) => ({ topology: streamJoin(random) }),
  'self-join': (random) => ({
    topology: [
      stream('s'),
      {
        op: random.pick(['join', 'leftJoin'] as const),
        id: 'j',
        kind: 'stream-stream',
        left: 's',
        right: 's',
        joiner: 'concat-dash',
        window: {
          beforeMs: random.pick([0, 20]),
          afterMs: random.pick([0, 20]),
          graceMs: random.pick([0, 50]),
        },
      },
      to('j'),
    ],
  }),
  'stream-table': (random) => ({
    topology: [
      stream('s'),
      table('t'),
      {
        op: random.pick(['join', 'leftJoin'] as const),
        id: 'j',
        kind: 'stream-table',
        left: 's',
        right: 't',
        joiner: 'paren-comma',
      },
      to('j'),
    ],
  }),
  'stream-versioned-table': (random) => ({
    topology: [
      stream('s'),
      { ...table('t'), store: { name: 'versions', versioned: true, historyRetentionMs: 200 } } as Op,
      {
        op: random.pick(['join', 'leftJoin'] as const),
        id: 'j',
        kind: 'stream-table',
        left: 's',
        right: 't',
        joiner: 'paren-comma',
        ...(random.chance(0.6) ? { graceMs: random.pick([0, 10, 50]) } : {}),
      },
      to('j'),
    ],
    deletesApart: true,
  }),
  'stream-global': (random) => ({
    topology: [
      stream('s'),
      { op: 'globalTable', id: 't', topic: 't-in', key: 'string', value: 'string' },
      {
        op: random.pick(['join', 'leftJoin'] as const),
        id: 'j',
        kind: 'stream-globalTable',
        left: 's',
        right: 't',
        joiner: 'concat-percent',
        keySelector: 'csv-second-token',
      },
      to('j'),
    ],
    // The last one has no key for the table.
    values: { 's-in': (one) => one.pick(['x,A', 'y,B', 'z,C', 'w']) },
  }),
  'table-table': (random) => ({
    topology: [
      table('l'),
      table('r'),
      {
        op: random.pick(['join', 'leftJoin', 'outerJoin'] as const),
        id: 'j',
        kind: 'table-table',
        left: 'l',
        right: 'r',
        joiner: 'concat-plus',
        ...(random.chance(0.5) ? { store: { name: 'kept' } } : {}),
      },
      to('j'),
    ],
  }),
  'foreign-key': (random) => ({
    topology: [
      table('l'),
      table('r'),
      {
        op: random.pick(['join', 'leftJoin'] as const),
        id: 'j',
        kind: 'fk',
        left: 'l',
        right: 'r',
        joiner: 'paren-comma',
        foreignKey: 'second-pipe-token-or-null',
        ...(random.chance(0.5) ? { store: { name: 'kept' } } : {}),
      },
      to('j'),
    ],
    values: { 'l-in': (one) => `${one.pick(['p', 'q'])}|${one.pick(['A', 'B', 'C', 'returnNull'])}` },
    compare: 'perKey',
  }),
  'table-aggregate': (random) => ({
    topology: [
      table('t'),
      { op: 'groupBy', id: 'g', from: 't', mapper: 'value-as-kv' },
      random.chance(0.5)
        ? { op: 'count', id: 'a', from: 'g', store: { name: 'kept' } }
        : {
            op: 'aggregate',
            id: 'a',
            from: 'g',
            initializer: 'str-empty',
            adder: 'concat-plus',
            subtractor: 'concat-minus',
            store: { name: 'kept' },
          },
      to('a'),
    ],
  }),
  'stream-aggregate': (random) => ({
    topology: [...grouped, aggregated(random, 'g', false), { op: 'toStream', id: 'o', from: 'a' }, to('o')],
    tombstones: true,
  }),
  cogroup: (random) => {
    const window = random.pick([undefined, timeWindow(random), sessionWindow(random), slidingWindow(random)]);
    const from = window === undefined ? 'c' : 'w';
    return {
      topology: [
        stream('s'),
        stream('t'),
        { op: 'groupByKey', id: 'g', from: 's' },
        { op: 'groupByKey', id: 'h', from: 't' },
        {
          op: 'cogroup',
          id: 'c',
          groups: [
            { from: 'g', aggregator: 'concat-plus' },
            { from: 'h', aggregator: 'concat-minus' },
          ],
        },
        ...(window === undefined ? [] : [{ op: 'windowedBy', id: 'w', from: 'c', window } as Op]),
        {
          op: 'aggregate',
          id: 'a',
          from,
          initializer: 'str-empty',
          ...(window?.type === 'session' ? { merger: 'concat-plus' } : {}),
          ...(window === undefined ? {} : { store: { name: 'kept', ...retention(random, window, false) } }),
        },
        to('a'),
      ],
      compare: 'perKey',
    };
  },
  'suppress-time': (random) => ({
    topology: [
      ...grouped,
      { op: 'count', id: 'c', from: 'g' },
      {
        op: 'suppress',
        id: 'x',
        from: 'c',
        until: { timeLimitMs: random.pick([0, 10, 100, 'max']) },
        buffer: random.chance(0.5)
          ? { unbounded: true }
          : { maxRecords: random.whole(1, 3), whenFull: 'emit' },
      },
      to('x'),
    ],
  }),
  'suppress-window': (random) => {
    const window = random.chance(0.5) ? timeWindow(random) : sessionWindow(random);
    return {
      topology: [
        ...grouped,
        { op: 'windowedBy', id: 'w', from: 'g', window },
        { op: 'count', id: 'c', from: 'w', store: { name: 'kept', ...retention(random, window, false) } },
        { op: 'suppress', id: 'x', from: 'c', until: { windowCloses: true }, buffer: { unbounded: true } },
        to('x'),
      ],
    };
  },
  'table-chain': (random) => ({
    topology: [
      { ...table('t', 'int'), ...(random.chance(0.3) ? { store: { name: 'rows' } } : {}) } as Op,
      {
        op: random.pick(['filter', 'filterNot'] as const),
        id: 'f',
        from: 't',
        predicate: 'value-even',
        ...(random.chance(0.5) ? { store: { name: 'kept' } } : {}),
      },
      { op: 'mapValues', id: 'm', from: 'f', mapper: 'length' },
      to('m'),
    ],
  }),
  'to-table': (random) => ({
    topology: [
      stream('s'),
      {
        op: 'selectKey',
        id: 'k',
        from: 's',
        mapper: random.pick(['key', 'csv-second-token']),
      },
      { op: 'toTable', id: 't', from: 'k', store: { name: 'rows' } },
      to('t'),
    ],
    tombstones: false,
    values: { 's-in': (one) => one.pick(['1,A', '2,B', '3,A', '4']) },
  }),
};
