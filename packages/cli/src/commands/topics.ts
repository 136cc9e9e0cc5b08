import type { LogClient, TopicInfo } from '@millrace/log-client';
import type { Command } from 'commander';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { partitionsOf, topicNamed } from '../partitions.ts';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function settings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`--config takes name=value, got "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
}

async function row(log: LogClient, topic: TopicInfo): Promise<Record<string, string | number>> {
  const partitions = partitionsOf(topic);
  const [ranges, sizes] = [await log.admin.offsets(partitions), await log.admin.sizes(partitions)];
  return {
    topic: topic.name,
    partitions: topic.partitions,
    // Offsets, not records: compaction and transactions leave gaps.
    offsets: ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    settings: Object.entries(topic.configs)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  };
}

export function topicsCommand(program: Command): void {
  const topics = withLogOptions(program.command('topics').description('list topics, or make and delete them'))
    .argument('[names...]', 'only these')
    .option('--json', 'a line of JSON for each')
    .action((names: string[], options: LogOptions & { json?: boolean }) =>
      onLog(options, async (log) => {
        for (const name of names) await topicNamed(log, name);
        const found = await log.admin.topics(names.length === 0 ? undefined : names);
        const sorted = [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
        printRows(await Promise.all(sorted.map((topic) => row(log, topic))), options);
      }),
    );
  withLogOptions(
    topics
      .command('settings')
      .description('list the settings of a topic that are in effect')
      .argument('<name>'),
  ).action((name: string, _options: unknown, command: Command) => {
    const options = command.optsWithGlobals<LogOptions & { json?: boolean }>();
    return onLog(options, async (log) => {
      await topicNamed(log, name);
      const configs = (await log.admin.effectiveConfigs([name])).get(name)!;
      const rows = Object.entries(configs)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([setting, { value, isDefault }]) => ({
          setting,
          value,
          from: isDefault ? 'default' : 'topic',
        }));
      printRows(rows, options);
    });
  });
  withLogOptions(topics.command('create').description('make a topic').argument('<name>'))
    .option('--partitions <n>', 'how many partitions', Number, 1)
    .option('--config <name=value>', 'a setting; may be repeated', collect, [])
    .action((name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions & { partitions: number; config: string[] }>();
      return onLog(options, async (log) => {
        const { partitions, config } = options;
        await log.admin.createTopics([{ name, partitions, configs: settings(config) }]);
        console.log(`${name} has ${partitions} partitions`);
      });
    });
  withLogOptions(
    topics.command('delete').description('delete topics and all their records').argument('<names...>'),
  )
    .option('--yes', 'really')
    .action((names: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogOptions & { yes?: boolean }>();
      return onLog(options, async (log) => {
        for (const name of names) await topicNamed(log, name);
        if (options.yes !== true)
          throw new UsageError(`this deletes ${names.join(', ')} and its records: confirm with --yes`);
        await log.admin.deleteTopics(names);
        console.log(`deleted ${names.join(', ')}`);
      });
    });
}
