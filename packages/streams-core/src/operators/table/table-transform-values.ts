import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, OperatorContext, TableLookup } from '../../topology/operator.ts';
import type { ValueTransformerContext, ValueTransformerSupplier } from '../../topology/processor.ts';
import { derivedRow } from './derived-row.ts';
import { type MaterializedIn, materializer } from './materialize.ts';
import { passed } from './row-change.ts';

/**
 * A table with the values that a transformer with state makes, deletes included. Where the table is not kept,
 * the transformer is also asked for old values and for rows that are looked up, so that it should then give
 * the same for the same (Kafka Streams: KTableTransformValues).
 */
export function tableTransformValues<K, V, V2>(
  parent: string,
  supplier: ValueTransformerSupplier<K, V, V2>,
  materialized: MaterializedIn,
): Operator<K, Change<V>, K, Change<V2>> {
  const transformer = (context: OperatorContext) =>
    supplier(context.processorContext as unknown as ValueTransformerContext);
  return {
    kind: 'table-transform-values',
    open(context, forward) {
      const transform = transformer(context);
      const materialize = materializer<K, V2>(context, materialized);
      const needsOld = context.sendOldValues && materialized === undefined;
      return (record: StreamRecord<K, Change<V>>) => {
        const { key, value, timestamp, headers } = record;
        const newValue = transform(value.newValue, key);
        const oldValue = needsOld ? transform(value.oldValue, key) : null;
        const change = materialize(record, passed(value, newValue, oldValue));
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => {
      if (materialized !== undefined) return context.rowStore(materialized);
      const rows = context.lookup<K, V>(parent);
      const transform = transformer(context);
      const derived: TableLookup<K, V2> = {
        get: (key, asOf) => {
          const row = rows.get(key, asOf);
          const value = transform(row?.value ?? null, key);
          return value === null ? undefined : derivedRow(row ?? { value: null, timestamp: -1 }, value);
        },
      };
      return derived as TableLookup<unknown, unknown>;
    },
  };
}
