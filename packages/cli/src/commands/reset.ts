import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type GroupInfo,
  isLegalName,
  legalNames,
  type LogClient,
  type OffsetCommit,
} from '@millrace/log-client';
import { ownedTopics, readTopologyRecord } from '@millrace/streams-core/runtime';
import { type Command, InvalidArgumentError } from 'commander';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { partitionsOf, topicNamed } from '../partitions.ts';
import { UsageError } from '../usage-error.ts';

type Target = 'earliest' | 'latest' | number;

interface ResetOptions extends LogOptions {
  readonly inputTopics: string[];
  readonly to: Target;
  /** Instead of `to`, in milliseconds since the epoch. */
  readonly toDatetime?: number;
  readonly stateDir?: string;
  readonly yes?: boolean;
}

function list(text: string): string[] {
  return text.split(',').filter((one) => one !== '');
}

function target(text: string): Target {
  if (text === 'earliest' || text === 'latest') return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected earliest, latest or an offset.');
}

/**
 * What belongs to an application alone: changelogs of its stores, the topics between its tasks, and the note
 * of what it ran.
 */
async function internalTopics(
  log: LogClient,
  applicationId: string,
  groups: readonly GroupInfo[],
): Promise<string[]> {
  const topics = [...(await log.admin.topics()).keys()];
  const recorded = (await readTopologyRecord(log, applicationId))?.internalTopics;
  const applications = groups.map(({ group }) => group);
  return ownedTopics({ applicationId, topics, applications, recorded }).toSorted();
}

function within(to: ResetOptions['to'], { start, end }: { start: number; end: number }): number {
  if (to === 'earliest') return start;
  return to === 'latest' ? end : Math.min(end, Math.max(start, to));
}

/** A time in milliseconds since the epoch. One without a zone is local time. */
function datetime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('Expected a time such as 2026-03-01T12:00:00Z.');
  return time;
}

async function offsetsFor(
  log: LogClient,
  { inputTopics, to, toDatetime }: ResetOptions,
): Promise<OffsetCommit[]> {
  const topics = await Promise.all(inputTopics.map((name) => topicNamed(log, name)));
  const partitions = topics.flatMap(partitionsOf);
  const ranges = await log.admin.offsets(partitions);
  const found =
    toDatetime === undefined
      ? []
      : await log.admin.offsetsForTimes(partitions.map((one) => ({ ...one, timestamp: toDatetime })));
  return partitions.map((one, index) => {
    const { start, end } = ranges[index]!;
    const offset = toDatetime === undefined ? within(to, { start, end }) : (found[index]?.offset ?? end);
    // Without what was known of time: it starts over too.
    return { ...one, offset, metadata: '' };
  });
}

async function reset(log: LogClient, applicationId: string, options: ResetOptions): Promise<void> {
  // It becomes a folder that is deleted.
  if (!isLegalName(applicationId)) {
    throw new UsageError(`${JSON.stringify(applicationId)} is no application id: use ${legalNames}`);
  }
  const groups = await log.admin.groups();
  const group = groups.find((one) => one.group === applicationId);
  if (group !== undefined && group.members > 0) {
    throw new UsageError(`"${applicationId}" has ${group.members} members: stop all its instances first`);
  }
  const commits = await offsetsFor(log, options);
  const internal = await internalTopics(log, applicationId, groups);
  for (const { topic, partition, offset } of commits)
    console.log(`${topic}-${partition} goes to offset ${offset}`);
  for (const topic of internal) console.log(`${topic} is deleted`);
  const state = options.stateDir === undefined ? undefined : path.join(options.stateDir, applicationId);
  if (state !== undefined) console.log(`${state} is deleted`);
  if (options.yes !== true) {
    console.log('Nothing was changed: say --yes to do this.');
    return;
  }
  if (internal.length > 0) await log.admin.deleteTopics(internal);
  if (commits.length > 0) {
    const producer = await log.producer();
    await producer.commit({ records: [], offsets: { group: applicationId, commits } });
    await producer.close();
  }
  if (state !== undefined) await rm(state, { recursive: true, force: true });
  console.log(`"${applicationId}" starts over when it is started.`);
}

export function resetCommand(program: Command): void {
  withLogOptions(
    program
      .command('reset')
      .description(
        'have an application that is stopped process its input again: sets its offsets, deletes its internal topics and, with --state-dir, its stores',
      )
      .argument('<applicationId>'),
  )
    .requiredOption('--input-topics <names>', 'the topics it reads, with commas between them', list)
    .option('--to <where>', 'earliest, latest or an offset', target, 'earliest')
    .option(
      '--to-datetime <time>',
      'the first record at or after a time, e.g. 2026-03-01T12:00:00Z',
      datetime,
    )
    .option('--state-dir <dir>', "the stateDir of this machine's instances")
    .option('--yes', 'do it; without, say what would be done')
    .action((applicationId: string, options: ResetOptions) =>
      onLog(options, (log) => reset(log, applicationId, options)),
    );
}
