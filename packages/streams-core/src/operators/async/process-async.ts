import type { StreamRecord } from '../../record/record.ts';
import type { Operator } from '../../topology/operator.ts';
import { AsyncCalls } from './async-calls.ts';
import type { AsyncContext, AsyncOptions } from './async-options.ts';

/** What an asynchronous processor gets besides its record. */
export interface AsyncProcessContext<in K, in V> extends AsyncContext {
  /**
   * Sends a record on when the processor has ended well; one that fails, or is tried again, has sent nothing.
   */
  readonly forward: (record: StreamRecord<K, V>) => void;
}

/**
 * Runs an asynchronous processor, which forwards what it likes. It has no stores: its calls run concurrently.
 */
export function processAsync<K, V, K2, V2>(
  processor: (record: StreamRecord<K, V>, context: AsyncProcessContext<K2, V2>) => Promise<void>,
  options: AsyncOptions,
): Operator<K, V, K2, V2> {
  return {
    kind: 'process-async',
    open: (context, forward) =>
      new AsyncCalls<K, V, K2, V2>(
        context,
        forward,
        async (record, { signal }) => {
          const results: StreamRecord<K2, V2>[] = [];
          await processor(record, { signal, forward: (result) => void results.push(result) });
          return results;
        },
        options,
      ).take,
  };
}
