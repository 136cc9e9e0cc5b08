import type { GroupDescription } from '@millrace/log-client';
import type { Command } from 'commander';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { printRows, type TableRow } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

function partitionRows({ members, partitions }: GroupDescription): TableRow[] {
  const byId = new Map(members.map((member) => [member.id, member]));
  return partitions.map(({ topic, partition, committed = null, end, lag = null, memberId = null }) => {
    const host = byId.get(memberId ?? '')?.host || null;
    return { topic, partition, committed, end, lag, member: memberId, host };
  });
}

function summaryRow({ group, state, members, partitions }: GroupDescription): TableRow {
  const lag = partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0);
  return { group, state, members: members.length, partitions: partitions.length, lag };
}

export function groupsCommand(program: Command): void {
  withLogOptions(
    program
      .command('groups')
      .description('list consumer groups with their lag; for one, each partition and its member')
      .argument('[group]', "an application's id, or any group's"),
  )
    .option('--json', 'a line of JSON for each')
    .action((name: string | undefined, options: LogOptions & { json?: boolean }) =>
      onLog(options, async ({ admin }) => {
        if (name !== undefined) {
          const found = await admin.describeGroup(name);
          if (found === undefined)
            throw new UsageError(`there is no group "${name}": millrace groups lists them`);
          printRows(partitionRows(found), options);
          return;
        }
        const names = (await admin.groups()).map(({ group }) => group).toSorted();
        const described = await Promise.all(names.map((group) => admin.describeGroup(group)));
        // One that has gone meanwhile is left out.
        printRows(
          described.flatMap((found) => (found === undefined ? [] : [summaryRow(found)])),
          options,
        );
      }),
    );
}
