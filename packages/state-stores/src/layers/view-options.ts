import type { Headers } from '@millrace/log-client';
import type { BytesStore } from '../bytes-store.ts';
import type { WriteBackLimits } from './write-back.ts';

/** What a view is laid over. */
export interface ViewOptions {
  readonly backing: BytesStore;
  /** The timestamp of the record being processed, for puts that name none. In milliseconds. */
  readonly timestamp: () => number;
  /** Its headers, for stores that keep them. Default: none. */
  readonly headers?: () => Headers;
  readonly limits?: WriteBackLimits;
}
