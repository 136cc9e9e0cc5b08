import type { Serde } from '@millrace/log-client';
import { TopologyError } from '../../errors.ts';
import { passThrough } from '../../operators/stateless/pass-through.ts';
import { type Suppression, suppress } from '../../operators/table/suppress.ts';
import type { Change, StreamRecord, Windowed } from '../../record/record.ts';
import { derivedFrom, requireKeySerde, valueSerdeOr } from '../materialize.ts';
import type { UntilTimeLimit, UntilWindowCloses } from '../../options/suppressed.ts';
import type { TableRef } from '../refs.ts';
import type { LogicalGraph } from '../../topology/graph/logical-graph.ts';

/** Adds the node that holds back a table's changes, and its buffer. */
export function suppressTable<K, V>(
  graph: LogicalGraph,
  table: TableRef<K, V>,
  until: UntilWindowCloses | UntilTimeLimit,
): TableRef<K, V> {
  const { name } = until;
  if (table.historyRetentionMs !== undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${name ?? 'suppress'}: a versioned table cannot be suppressed, because its changes need not come in order; keep it without historyRetentionMs`,
    );
  }
  const node = graph.names.node('KTABLE-SUPPRESS-', name);
  const bufferName = name === undefined ? graph.names.store('KTABLE-SUPPRESS-') : `${name}-store`;
  const key = requireKeySerde(table.key, node);
  const value = valueSerdeOr(table.value);
  graph.addStore({
    kind: 'time-ordered-buffer',
    name: bufferName,
    key,
    value,
    persistent: true,
    logging: until.logging ?? true,
  });
  graph.addProcessor({
    name: node,
    parents: [table.node],
    operator: suppress<K, V>({
      parent: table.node,
      bufferName,
      ...waiting(until, table.graceMs, node),
      limits: until.buffer,
      bytesOf: (record, topic) => bytesOf(record, topic, key, value),
    }),
    stores: [bufferName],
    // Early results, which a full buffer would send or stop at, come from a buffer only.
    ...(until.until === 'window-closes' && until.buffer === undefined
      ? { once: { operator: passThrough('suppress') } }
      : {}),
    table: { ...derivedFrom(table.node), buffer: bufferName },
  });
  // Until a buffered change is sent, lookups see the row as it was before.
  graph.requireOldValues(table.node);
  return { ...table, node, storeName: undefined };
}

function waiting<K, V>(
  until: UntilWindowCloses | UntilTimeLimit,
  graceMs: number | undefined,
  node: string,
): Pick<Suppression<K, V>, 'timeOf' | 'delayMs' | 'dropDeletes'> {
  if (until.until === 'time-limit') {
    if (!(until.limitMs >= 0)) {
      throw new TopologyError(
        'TOPOLOGY_INVALID',
        `${node}: the time limit must not be negative, got ${until.limitMs}`,
      );
    }
    return { timeOf: ({ timestamp }) => timestamp, delayMs: until.limitMs, dropDeletes: false };
  }
  if (graceMs === undefined) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `${node}: only the result of a windowed aggregation has windows that close; put suppress() right after it`,
    );
  }
  const timeOf = ({ key }: StreamRecord<unknown, unknown>): number => (key as Windowed<unknown>).window.end;
  return { timeOf, delayMs: graceMs, dropDeletes: true };
}

/** Time, offset, partition and timestamp of a change, besides its topic, key, values and headers. */
const fixedBytes = 28;

function bytesOf<K, V>(
  { key, value, headers }: StreamRecord<K, Change<V>>,
  topic: string,
  keySerde: Serde<K>,
  valueSerde: Serde<V>,
): number {
  const size = (one: V | null): number => (one === null ? 0 : valueSerde.serialize(one).length);
  const headerBytes = headers.reduce(
    (sum, header) => sum + header.key.length + (header.value?.length ?? 0),
    0,
  );
  return (
    fixedBytes +
    topic.length +
    keySerde.serialize(key).length +
    size(value.newValue) +
    size(value.oldValue) +
    headerBytes
  );
}
