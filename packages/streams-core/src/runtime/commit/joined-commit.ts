import type { OffsetCommit } from '@millrace/log-client';
import type { PreparedCommit, TaskOutput } from '../task/task-options.ts';
import type { Task } from '../task/task.ts';

/** A task, and all that it has done since its last commit. */
export interface PreparedTask {
  readonly task: Task;
  readonly commit: PreparedCommit;
}

/** A transaction that takes this many bytes gets no further task. */
const enoughBytes = 16 << 20;

function bytesOf({ records }: TaskOutput): number {
  return records.reduce((sum, { records: list }) => sum + (list.bytes ?? 0), 0);
}

/** Tasks that are committed together: as many as one transaction should hold. */
export function inTransactions(prepared: readonly PreparedTask[]): PreparedTask[][] {
  const parts: PreparedTask[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of prepared) {
    if (bytes >= enoughBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(one);
    bytes += bytesOf(one.commit);
  }
  return parts;
}

/** What several tasks have done, as one transaction: changelogs first, task by task, then results. */
export function transactionOf(
  prepared: readonly PreparedTask[],
): TaskOutput & { readonly commits: OffsetCommit[] } {
  const outputs = prepared.map(({ commit }) => commit);
  const changes = outputs.flatMap(({ records, changelogs }) => records.slice(0, changelogs));
  const results = outputs.flatMap(({ records, changelogs }) => records.slice(changelogs));
  return {
    changelogs: changes.length,
    records: [...changes, ...results],
    commits: outputs.flatMap(({ offsets }) => offsets),
  };
}
