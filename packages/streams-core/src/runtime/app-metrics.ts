import type { Task } from './task/task.ts';

/** How far an instance has got. */
export interface AppMetrics {
  readonly processedRecords: number;
  /** Records left out: null keys, late ones, unreadable ones. */
  readonly droppedRecords: number;
  /** Of those the ones that were too late for their windows. */
  readonly lateRecords: number;
}

/** What an instance has done before, and what its tasks have. */
export function addMetrics(past: AppMetrics, tasks: readonly Task[]): AppMetrics {
  return {
    processedRecords: tasks.reduce((total, task) => total + task.counts.processed, past.processedRecords),
    droppedRecords: tasks.reduce((total, task) => total + task.counts.dropped, past.droppedRecords),
    lateRecords: tasks.reduce((total, task) => total + task.counts.late, past.lateRecords),
  };
}
