import type { GroupInfo, LogClient } from '@millrace/log-client';
import type { Command } from 'commander';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

async function lags(log: LogClient, { committed }: GroupInfo): Promise<Record<string, string | number>[]> {
  const sorted = committed.toSorted(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
  const ranges = await log.admin.offsets(sorted);
  return sorted.map(({ topic, partition, offset }, index) => ({
    topic,
    partition,
    committed: offset,
    end: ranges[index]!.end,
    lag: Math.max(0, ranges[index]!.end - offset),
  }));
}

export function groupsCommand(program: Command): void {
  withLogOptions(
    program
      .command('groups')
      .description('list consumer groups with their lag; for one, each partition')
      .argument('[group]', "an application's id, or any group's"),
  )
    .option('--json', 'a line of JSON for each')
    .action((name: string | undefined, options: LogOptions & { json?: boolean }) =>
      onLog(options, async (log) => {
        const groups = await log.admin.groups();
        if (name !== undefined) {
          const found = groups.find(({ group }) => group === name);
          if (found === undefined)
            throw new UsageError(`there is no group "${name}": millrace groups lists them`);
          printRows(await lags(log, found), options);
          return;
        }
        const rows = groups.map(async (group) => {
          const partitions = await lags(log, group);
          const lag = partitions.reduce((sum, one) => sum + (one['lag'] as number), 0);
          return { group: group.group, members: group.members, partitions: partitions.length, lag };
        });
        const all = await Promise.all(rows);
        printRows(
          all.toSorted((a, b) => (a.group < b.group ? -1 : 1)),
          options,
        );
      }),
    );
}
