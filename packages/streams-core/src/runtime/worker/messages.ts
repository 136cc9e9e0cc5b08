import type { MessagePort } from 'node:worker_threads';
import type { Metric } from '@millrace/log-client';
import type { Health } from '../app/health.ts';
import type { AppMetrics } from '../metrics/app-metrics.ts';
import type { AppState } from '../app/app-state.ts';

/** What a worker thread is started with. */
export interface WorkerStart {
  /** Of the module that makes the app. */
  readonly module: string;
  readonly index: number;
  readonly count: number;
  readonly data: unknown;
  readonly logPort: MessagePort | undefined;
}

/** An error on its way between threads, which keeps only what can be copied. */
export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

/** How a worker's app is at one moment. */
export interface WorkerReport {
  readonly counts: AppMetrics;
  readonly metrics: readonly Metric[];
  readonly health: Health;
}

/** What a worker thread says of its app. */
export type FromWorker =
  | { readonly kind: 'state'; readonly state: AppState; readonly taskIds: readonly string[] }
  | ({ readonly kind: 'report' } & WorkerReport)
  | { readonly kind: 'failed'; readonly error: SentError }
  | { readonly kind: 'closed' };

/** What it is asked for. */
export type ToWorker = { readonly kind: 'close'; readonly timeoutMs: number } | { readonly kind: 'report' };

export function sendable(error: unknown): SentError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, code: undefined };
  const { name, message, stack, code } = error as Error & { readonly code?: unknown };
  return { name, message, stack, code: typeof code === 'string' ? code : undefined };
}
