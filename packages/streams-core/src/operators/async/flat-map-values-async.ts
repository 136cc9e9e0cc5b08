import type { Operator } from '../../topology/operator.ts';
import { withValue } from '../../record/record.ts';
import { AsyncCalls } from './async-calls.ts';
import type { AsyncContext, AsyncOptions } from './async-options.ts';

/** Makes any number of records out of each one, under its key, with the values that a call resolves to. */
export function flatMapValuesAsync<K, V, V2>(
  mapper: (value: V, key: K, context: AsyncContext) => Promise<Iterable<V2>>,
  options: AsyncOptions,
): Operator<K, V, K, V2> {
  return {
    kind: 'flat-map-values-async',
    open: (context, forward) =>
      new AsyncCalls<K, V, K, V2>(
        context,
        forward,
        async (record, call) =>
          Array.from(await mapper(record.value, record.key, call), (value) => withValue(record, value)),
        options,
      ).take,
  };
}
