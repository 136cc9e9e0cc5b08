import { type GlobalKTable, JoinWindows, json, type KStream, type KTable } from '@millrace/streams-core';
import * as functions from './functions.ts';
import { UnsupportedScenario } from './functions.ts';
import { materialized } from './options.ts';
import type { Op, Scalar } from './schema.ts';

export type JoinOp = Extract<Op, { op: 'join' | 'leftJoin' | 'outerJoin' }>;

/** What the ids of a scenario stand for. */
interface Made {
  stream(id: string): KStream<Scalar, Scalar>;
  table(id: string): KTable<Scalar, Scalar>;
  global(id: string): GlobalKTable<Scalar, Scalar>;
}

type Joined = KStream<Scalar, Scalar> | KTable<Scalar, Scalar>;

const any = json<Scalar>();

/** Joins what a scenario says, and gives the stream or table that comes of it. */
export function buildJoin(op: JoinOp, from: Made): Joined {
  if (op.op === 'outerJoin' && op.kind !== 'stream-stream' && op.kind !== 'table-table') {
    throw new UnsupportedScenario(`there is no ${op.kind} outerJoin`);
  }
  return kinds[op.kind](op, from);
}

const kinds: Readonly<Record<JoinOp['kind'], (op: JoinOp, from: Made) => Joined>> = {
  'stream-stream'(op, from) {
    const [left, right] = [from.stream(op.left), from.stream(op.right)];
    const { beforeMs, afterMs, graceMs } = op.window!;
    const windows = JoinWindows.of(0).before(beforeMs).after(afterMs).grace(graceMs);
    const options = { name: op.id, key: any, value: any, otherValue: any };
    const joiner = functions.joiner(op.joiner);
    if (op.op === 'join') return left.join<Scalar, Scalar>(right, joiner, windows, options);
    return left[op.op]<Scalar, Scalar>(right, joiner, windows, options);
  },

  'table-table'(op, from) {
    const [left, right] = [from.table(op.left), from.table(op.right)];
    const options = { ...materialized(op), value: any };
    const joiner = withoutKey(op);
    if (op.op === 'join') return left.join<Scalar, Scalar>(right, joiner, options);
    if (op.op === 'leftJoin') return left.leftJoin<Scalar, Scalar>(right, joiner, options);
    return left.outerJoin<Scalar, Scalar>(right, joiner, options);
  },

  fk(op, from) {
    const [left, right] = [from.table(op.left), from.table(op.right)];
    const options = { ...materialized(op), value: any };
    const foreignKey = functions.foreignKey(op.foreignKey!);
    const joiner = withoutKey(op);
    return op.op === 'join'
      ? left.join<Scalar, Scalar, Scalar>(right, foreignKey, joiner, options)
      : left.leftJoin<Scalar, Scalar, Scalar>(right, foreignKey, joiner, options);
  },

  'stream-table'(op, from) {
    const [stream, table] = [from.stream(op.left), from.table(op.right)];
    const options = { name: op.id, ...(op.graceMs === undefined ? {} : { graceMs: op.graceMs }) };
    const joiner = functions.joiner(op.joiner);
    return op.op === 'join'
      ? stream.join<Scalar, Scalar>(table, joiner, options)
      : stream.leftJoin<Scalar, Scalar>(table, joiner, options);
  },

  'stream-globalTable'(op, from) {
    const [stream, table] = [from.stream(op.left), from.global(op.right)];
    const select = functions.newKey(op.keySelector!);
    const joiner = functions.joiner(op.joiner);
    return op.op === 'join'
      ? stream.join<Scalar, Scalar, Scalar>(table, select, joiner, { name: op.id })
      : stream.leftJoin<Scalar, Scalar, Scalar>(table, select, joiner, { name: op.id });
  },
};

/** Joiners of tables are not given the key. */
function withoutKey(op: JoinOp): (left: Scalar, right: Scalar) => Scalar {
  const joiner = functions.joiner(op.joiner);
  return (left, right) => joiner(left, right, null);
}
