import type { Operator } from '../../topology/operator.ts';
import { AsyncCalls } from './async-calls.ts';
import type { AsyncContext, AsyncOptions } from './async-options.ts';

/** Hands each record to an asynchronous action; its offset is committed once the action has ended. */
export function forEachAsync<K, V>(
  action: (value: V, key: K, context: AsyncContext) => Promise<void>,
  options: AsyncOptions,
): Operator<K, V, never, never> {
  return {
    kind: 'for-each-async',
    open: (context, forward) =>
      new AsyncCalls<K, V, never, never>(
        context,
        forward,
        async ({ value, key }, call) => {
          await action(value, key, call);
          return [];
        },
        options,
      ).take,
  };
}
