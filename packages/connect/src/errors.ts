import type { Claim } from './destination.ts';

/** Another instance has claimed a partition: nothing of the transaction was kept. */
export class SinkFencedError extends Error {
  override readonly name = 'SinkFencedError';
}

/**
 * A database has refused or not answered. `retriable`: the same may work later without anyone stepping in.
 */
export class DestinationError extends Error {
  override readonly name = 'DestinationError';
  readonly retriable: boolean;

  constructor(
    message: string,
    { retriable, cause }: { readonly retriable: boolean; readonly cause: unknown },
  ) {
    super(message, { cause });
    this.retriable = retriable;
  }
}

export function fenced({ topic, partition, group }: Claim): SinkFencedError {
  return new SinkFencedError(
    `Another instance of sink "${group}" writes ${topic}-${partition} by now: nothing of this transaction was kept`,
  );
}
