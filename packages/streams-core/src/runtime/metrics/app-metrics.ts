import type { Task } from '../task/task.ts';

/** How far an instance has got. */
export interface AppMetrics {
  readonly processedRecords: number;
  /** Records left out: null keys, late ones, unreadable ones. */
  readonly droppedRecords: number;
  /** Of those the ones that were too late for their windows. */
  readonly lateRecords: number;
  /** Records left out, by the node that left them out; without those of global tables. */
  readonly droppedByNode: Readonly<Record<string, number>>;
}

export const noMetrics: AppMetrics = {
  processedRecords: 0,
  droppedRecords: 0,
  lateRecords: 0,
  droppedByNode: {},
};

/** The counts of two instances together. */
export function sumMetrics(a: AppMetrics, b: AppMetrics): AppMetrics {
  const droppedByNode = { ...a.droppedByNode };
  for (const [node, count] of Object.entries(b.droppedByNode)) {
    droppedByNode[node] = (droppedByNode[node] ?? 0) + count;
  }
  return {
    processedRecords: a.processedRecords + b.processedRecords,
    droppedRecords: a.droppedRecords + b.droppedRecords,
    lateRecords: a.lateRecords + b.lateRecords,
    droppedByNode,
  };
}

/** What an instance has done before, and what its tasks and global tables have. */
export function addMetrics(past: AppMetrics, tasks: readonly Task[], globallyDropped = 0): AppMetrics {
  const droppedByNode = { ...past.droppedByNode };
  for (const { counts } of tasks) {
    for (const [node, count] of counts.droppedBy) droppedByNode[node] = (droppedByNode[node] ?? 0) + count;
  }
  const sum = (of: 'processed' | 'dropped' | 'late', from: number): number =>
    tasks.reduce((total, { counts }) => total + counts[of], from);
  return {
    processedRecords: sum('processed', past.processedRecords),
    droppedRecords: sum('dropped', past.droppedRecords + globallyDropped),
    lateRecords: sum('late', past.lateRecords),
    droppedByNode,
  };
}
