import type { Operator } from '../../topology/operator.ts';
import { withValue } from '../../record/record.ts';
import { AsyncCalls } from './async-calls.ts';
import type { AsyncContext, AsyncOptions } from './async-options.ts';

/** Gives each record the value that a call resolves to. */
export function mapValuesAsync<K, V, V2>(
  mapper: (value: V, key: K, context: AsyncContext) => Promise<V2>,
  options: AsyncOptions,
): Operator<K, V, K, V2> {
  return {
    kind: 'map-values-async',
    open: (context, forward) =>
      new AsyncCalls<K, V, K, V2>(
        context,
        forward,
        async (record, call) => [withValue(record, await mapper(record.value, record.key, call))],
        options,
      ).take,
  };
}
