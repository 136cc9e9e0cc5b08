import { z } from 'zod';

// The format that docs/scenarios.md describes.

const scalar = z.union([z.string(), z.number(), z.null()]);
const windowedKey = z.strictObject({
  key: scalar,
  start: z.int().optional(),
  end: z.union([z.int(), z.literal('max')]).optional(),
});
const outKey = z.union([scalar, windowedKey]);
const type = z.enum(['string', 'int', 'long', 'double']);
const named = z.union([z.string(), z.looseObject({ fn: z.string() })]);

const input = z.strictObject({ topic: z.string(), key: scalar, value: scalar, ts: z.int() });
const output = z.strictObject({ topic: z.string(), key: outKey, value: scalar, ts: z.int().optional() });
const store = z.strictObject({
  name: z.string(),
  versioned: z.boolean().optional(),
  historyRetentionMs: z.int().optional(),
  retentionMs: z.int().optional(),
  caching: z.boolean().optional(),
});

const source = { id: z.string(), topic: z.string(), key: type, value: type };
const unary = { id: z.string(), from: z.string() };
const mapped = { ...unary, mapper: named };
const kept = { store: store.optional() };
const join = {
  id: z.string(),
  kind: z.enum(['stream-stream', 'stream-table', 'stream-globalTable', 'table-table', 'fk']),
  left: z.string(),
  right: z.string(),
  joiner: named,
  window: z.strictObject({ beforeMs: z.int(), afterMs: z.int(), graceMs: z.int() }).optional(),
  graceMs: z.int().optional(),
  keySelector: named.optional(),
  foreignKey: named.optional(),
  ...kept,
};
const window = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('time'), sizeMs: z.int(), advanceMs: z.int(), graceMs: z.int() }),
  z.strictObject({ type: z.literal('sliding'), diffMs: z.int(), graceMs: z.int() }),
  z.strictObject({ type: z.literal('session'), gapMs: z.int(), graceMs: z.int() }),
  z.strictObject({ type: z.literal('unlimited'), startMs: z.int() }),
]);
const op = <N extends string, S extends z.ZodRawShape>(name: N, shape: S) =>
  z.strictObject({ op: z.literal(name), ...shape });

export const Op = z.discriminatedUnion('op', [
  op('stream', source),
  op('table', { ...source, ...kept }),
  op('globalTable', source),
  op('filter', { ...unary, predicate: named, ...kept }),
  op('filterNot', { ...unary, predicate: named, ...kept }),
  op('map', mapped),
  op('mapValues', { ...mapped, ...kept }),
  op('flatMap', mapped),
  op('flatMapValues', mapped),
  op('selectKey', mapped),
  op('peek', unary),
  op('merge', { id: z.string(), left: z.string(), right: z.string() }),
  op('split', {
    from: z.string(),
    branches: z.array(z.strictObject({ id: z.string(), predicate: named })),
    default: z.string().optional(),
  }),
  op('repartition', unary),
  op('process', { ...unary, processor: named }),
  op('processValues', { ...unary, processor: named }),
  op('toStream', { ...unary, keyMapper: named.optional() }),
  op('toTable', { ...unary, ...kept }),
  op('to', { from: z.string(), topic: z.string() }),
  op('groupByKey', unary),
  op('groupBy', mapped),
  op('windowedBy', { ...unary, window, emit: z.enum(['onWindowUpdate', 'onWindowClose']).optional() }),
  op('count', { ...unary, ...kept }),
  op('reduce', {
    ...unary,
    reducer: named.optional(),
    adder: named.optional(),
    subtractor: named.optional(),
    ...kept,
  }),
  op('aggregate', {
    ...unary,
    initializer: named,
    aggregator: named.optional(),
    merger: named.optional(),
    adder: named.optional(),
    subtractor: named.optional(),
    ...kept,
  }),
  op('cogroup', {
    id: z.string(),
    groups: z.array(z.strictObject({ from: z.string(), aggregator: named })),
  }),
  op('join', join),
  op('leftJoin', join),
  op('outerJoin', join),
  op('suppress', {
    ...unary,
    until: z.union([
      z.strictObject({ timeLimitMs: z.union([z.int(), z.literal('max')]) }),
      z.strictObject({ windowCloses: z.literal(true) }),
    ]),
    buffer: z.union([
      z.strictObject({ unbounded: z.literal(true) }),
      z.strictObject({
        maxRecords: z.int().optional(),
        maxBytes: z.int().optional(),
        whenFull: z.enum(['emit', 'shutdown']),
      }),
    ]),
  }),
]);
export type Op = z.infer<typeof Op>;

export const CompareMode = z.enum(['exact', 'perKey', 'perKeySet', 'lastPerKey', 'map', 'prefix']);
export type CompareMode = z.infer<typeof CompareMode>;

const step = z.union([
  z.strictObject({
    in: z.union([input, z.array(input)]),
    out: z.array(output).optional(),
    error: z.boolean().optional(),
  }),
  z.strictObject({
    advanceWallClock: z.int(),
    out: z.array(output).optional(),
    error: z.boolean().optional(),
  }),
]);

/** One scenario: a topology, what goes in, what comes out. */
export const Scenario = z.strictObject({
  id: z.string(),
  source: z.string().optional(),
  cacheBytes: z.int().optional(),
  config: z
    .strictObject({ emitIntervalMs: z.int().optional(), wallClockStartMs: z.int().optional() })
    .optional(),
  topology: z.array(Op),
  steps: z.array(step),
  out: z.array(output).optional(),
  state: z
    .array(
      z.strictObject({
        store: z.string(),
        after: z.int().optional(),
        key: scalar.optional(),
        entries: z.array(z.strictObject({ key: outKey, value: scalar, ts: z.int().optional() })),
      }),
    )
    .optional(),
  compare: z.union([CompareMode, z.record(z.string(), CompareMode)]).optional(),
  absentKeys: z.array(scalar).optional(),
  tags: z.array(z.string()).optional(),
  note: z.string().optional(),
});
export type Scenario = z.infer<typeof Scenario>;
export type ScenarioOutput = z.infer<typeof output>;
export type ScenarioStep = z.infer<typeof step>;
export type Scalar = z.infer<typeof scalar>;
export type NamedFunction = z.infer<typeof named>;
