import type { StoreRestore } from '../../handlers.ts';
import type { AppState } from './app-state.ts';

/** How an app is doing. */
export interface Health {
  /**
   * `starting`: not started, or joining its group. `restoring`: its stores are being restored. `stuck`: there
   * is input, and no record has been processed for a while. `failed`: it has stopped for good.
   */
  readonly status: 'starting' | 'restoring' | 'running' | 'paused' | 'stuck' | 'failed' | 'closed';
  /** Whether it makes sense to leave the process alone: false where only a restart can help. */
  readonly live: boolean;
  /** Whether its tasks are at work, so that its stores answer. */
  readonly ready: boolean;
  /** What is wrong, or what it waits for, in sentences. */
  readonly reasons: readonly string[];
}

/** What health is judged by. */
export interface HealthSigns {
  readonly state: AppState;
  readonly failure: unknown;
  readonly isPaused: boolean;
  /** Records that wait in its partitions. */
  readonly lag: number;
  /** Since a record was processed, or there was nothing to process, in milliseconds. */
  readonly sinceProgressMs: number;
  readonly stuckAfterMs: number;
  /** Stores that are being restored, with what is left of each. */
  readonly restoring: readonly { readonly restore: StoreRestore; readonly remaining: number }[];
}

export function judgeHealth(signs: HealthSigns): Health {
  const { state, failure, isPaused, lag, sinceProgressMs, stuckAfterMs, restoring } = signs;
  switch (state) {
    case 'created':
      return { status: 'starting', live: true, ready: false, reasons: ['It was not started yet.'] };
    case 'closed':
      return { status: 'closed', live: false, ready: false, reasons: ['It was closed.'] };
    case 'error':
      return {
        status: 'failed',
        live: false,
        ready: false,
        reasons: [`It has failed: ${messageOf(failure)}`],
      };
    case 'rebalancing': {
      const reasons = restoring.map(
        ({ restore: { store, taskId }, remaining }) =>
          `Store "${store}" of task ${taskId} is being restored: ${remaining} records are left.`,
      );
      const isRestoring = reasons.length > 0;
      return {
        status: isRestoring ? 'restoring' : 'starting',
        live: true,
        ready: false,
        reasons: isRestoring ? reasons : ['It joins its group, or the group rebalances.'],
      };
    }
    case 'running': {
      if (isPaused) return { status: 'paused', live: true, ready: true, reasons: ['It is paused.'] };
      if (lag === 0 || sinceProgressMs < stuckAfterMs)
        return { status: 'running', live: true, ready: true, reasons: [] };
      const seconds = Math.round(sinceProgressMs / 1000);
      const reason = `${lag} records wait, and none has been processed for ${seconds} s: user code may hang, or wait for something that does not answer.`;
      return { status: 'stuck', live: false, ready: true, reasons: [reason] };
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
