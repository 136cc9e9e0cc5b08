import { isLogError, type LogClient, type LogProducer } from '@millrace/log-client';
import type { Retries } from './connector.ts';
import { DestinationError } from './errors.ts';

export interface FencedWork {
  readonly log: LogClient;
  /** Of those with one name the last that was started works. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly retries: Retries;
}

/**
 * Works with a producer that fences a connector of this name which still runs: what that one has committed
 * cannot change after this. Begins again where log or database have not answered. @throws what it is no use
 * to try again
 */
export async function withFencedProducer(
  { log, name, signal, retries }: FencedWork,
  work: (producer: LogProducer) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    let producer: LogProducer | undefined;
    try {
      producer = await log.producer({ transactionalId: name });
      return await work(producer);
    } catch (error) {
      const mayRetry = error instanceof DestinationError || isLogError(error) ? error.retriable : false;
      if (!mayRetry) throw error;
      await retries.waitAfter(error as Error);
    } finally {
      await producer?.close();
    }
  }
}
