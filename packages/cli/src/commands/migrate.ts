import { migrateState } from '@millrace/streams-core/runtime';
import type { Command } from 'commander';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { loadTopology } from '../load-topology.ts';
import { printRows } from '../print-table.ts';

interface MigrateOptions extends LogOptions {
  readonly export?: string;
  readonly application: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `millrace migrate`: writes the rows of stores with versions in the present one. */
export function migrateCommand(program: Command): void {
  withLogOptions(
    program
      .command('migrate')
      .description(
        'write the rows of stores whose values have versions (evolving) in the present one; the application is stopped',
      ),
  )
    .argument('<file>', 'the JavaScript module of the topology')
    .requiredOption('--application <id>', 'whose state')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .option('--dry-run', 'count, and write nothing')
    .option('--json', 'a line of JSON for each store')
    .action(async (file: string, options: MigrateOptions) => {
      const topology = await loadTopology(file, options.export);
      const { application: applicationId, dryRun = false } = options;
      const stores = await onLog(options, (log) =>
        migrateState(topology, {
          applicationId,
          log,
          dryRun,
          onProgress: (read, total) => {
            if (process.stderr.isTTY) process.stderr.write(`\r${read} of ${total} changelog records`);
          },
        }),
      );
      if (process.stderr.isTTY) process.stderr.write('\n');
      printRows(
        stores.map(({ store, rows, migrated, skipped = '' }) => ({ store, rows, migrated, skipped })),
        options,
      );
      if (stores.length === 0) console.error('no store of this topology has values with versions');
      else if (dryRun) console.error('nothing was written: leave out --dry-run');
    });
}
