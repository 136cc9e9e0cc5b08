import type { Change, StreamRecord } from '../../record/record.ts';
import type { Operator, OperatorContext, TableLookup } from '../../topology/operator.ts';
import type { ValueTransformerContext, ValueTransformerSupplier } from '../../topology/processor.ts';
import { type KeptIn, keeper } from './keep-table.ts';
import { passed } from './row-change.ts';

/**
 * A table with the values that a transformer with state makes, deletes included. Where the table is not kept,
 * the transformer is also asked for old values and for rows that are looked up, so that it should then give
 * the same for the same (Kafka Streams: KTableTransformValues).
 */
export function tableTransformValues<K, V, V2>(
  parent: string,
  supplier: ValueTransformerSupplier<K, V, V2>,
  kept: KeptIn,
): Operator<K, Change<V>, K, Change<V2>> {
  const transformer = (context: OperatorContext) =>
    supplier(context.processorContext as unknown as ValueTransformerContext);
  return {
    kind: 'table-transform-values',
    open(context, forward) {
      const transform = transformer(context);
      const keep = keeper<K, V2>(context, kept);
      const needsOld = context.sendOldValues && kept === undefined;
      return ({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>) => {
        const newValue = transform(value.newValue, key);
        const oldValue = needsOld ? transform(value.oldValue, key) : null;
        const change = keep(key, passed(value, newValue, oldValue), timestamp);
        if (change !== undefined) return forward({ key, value: change, timestamp, headers });
      };
    },
    lookup: (context): TableLookup<unknown, unknown> => {
      if (kept !== undefined) return context.rowStore(kept);
      const rows = context.lookup<K, V>(parent);
      const transform = transformer(context);
      const derived: TableLookup<K, V2> = {
        get: (key, asOf) => {
          const row = rows.get(key, asOf);
          const value = transform(row?.value ?? null, key);
          return value === null ? undefined : { value, timestamp: row?.timestamp ?? -1 };
        },
      };
      return derived as TableLookup<unknown, unknown>;
    },
  };
}
