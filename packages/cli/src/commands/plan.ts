import { readFile, writeFile } from 'node:fs/promises';
import {
  lockOf,
  parseTopologyRecord,
  planChange,
  type PlannedChange,
  readTopologyRecord,
  recordOf,
  type TopologyRecord,
} from '@millrace/streams-core/runtime';
import type { Topology } from '@millrace/streams-core';
import type { Command } from 'commander';
import { fromCallersFolder } from '../callers-folder.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { loadTopology } from '../load-topology.ts';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

interface PlanOptions extends LogOptions {
  readonly export?: string;
  readonly lock: string;
  readonly application?: string;
  readonly write?: boolean;
  readonly accept?: boolean;
  readonly json?: boolean;
}

/** `millrace plan`: what a changed topology does to the state that there is. */
export function planCommand(program: Command): void {
  withLogOptions(
    program
      .command('plan')
      .description(
        'tell what a topology does to the state that an earlier one has made; status 1 where it is lost',
      ),
  )
    .argument('<file>', 'the JavaScript module of the new topology')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .option('--lock <file>', 'compare with what this file says was deployed', 'millrace.lock.json')
    .option('--application <id>', 'compare with what this application last ran, as its log has it')
    .option('--write', 'write the lock file for the new topology, unless state would be lost')
    .option('--accept', 'state may be lost')
    .option('--json', 'a line of JSON for each change')
    .action(async (file: string, options: PlanOptions) => {
      const topology = await loadTopology(file, options.export);
      const lock = fromCallersFolder(options.lock);
      const now = lockOf(topology);
      const changes =
        options.application === undefined
          ? await sinceLock(lock, now, options)
          : await sinceRun(topology, options);
      printRows(
        changes.map(({ verdict, what, remedy = '' }) => ({ verdict, what, remedy })),
        options,
      );
      const loses = changes.some(({ verdict }) => verdict === 'loses-state') && options.accept !== true;
      if (loses) {
        process.exitCode = 1;
        console.error('state would be lost: follow the remedies, or say --accept');
      }
      if (options.write === true && !loses) {
        await writeFile(lock, `${JSON.stringify(now, undefined, 2)}\n`);
        console.error(`wrote ${lock}`);
      }
    });
}

/** Against the file that was written when the last topology was deployed. */
async function sinceLock(
  lock: string,
  now: TopologyRecord,
  { write = false }: PlanOptions,
): Promise<PlannedChange[]> {
  const text = await readFile(lock, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    if (write) return [];
    throw new UsageError(
      `there is no ${lock}: write it with --write for the topology that is deployed, and keep it with the code; or compare with a log, by --application`,
    );
  }
  const last = parseTopologyRecord(text);
  if (last === undefined) throw new UsageError(`${lock} is no lock file, or one of a later version`);
  return planChange(last, now);
}

/** Against what an application last ran. */
function sinceRun(topology: Topology, options: PlanOptions): Promise<PlannedChange[]> {
  const application = options.application!;
  return onLog(options, async (log) => {
    const last = await readTopologyRecord(log, application);
    if (last === undefined)
      throw new UsageError(`"${application}" has run nothing on this log, or kept no state`);
    // As many partitions as it had: what they are now shows when it starts.
    return planChange(last, recordOf(topology, application, new Map()));
  });
}
