import { isLogError, type LogClient, type PartitionRecords } from '@millrace/log-client';
import { StreamsError } from '../../errors.ts';
import { type BehindPartition, lastRunLag, shadowLag } from './fork-lag.ts';
import { createTakeoverTopic, readFork, roleRecord } from './fork-record.ts';

/**
 * Lets a fork take over from the application that it follows: from its next start it writes to the topics
 * themselves, beginning where the other one ended, and the other one starts no more. Both are stopped; the
 * other one has processed its own topics (`app.drain()`), and the fork all that the other one has.
 * @throws StreamsError `FORK_STATE` naming what is still to be done
 */
export async function promoteFork(log: LogClient, applicationId: string): Promise<void> {
  const fork = await readFork(log, applicationId);
  if (fork.state === 'promoted') return;
  const { of: replaced } = fork;
  if (fork.reads === undefined) {
    throw new StreamsError(
      'FORK_STATE',
      `"${applicationId}" has never run: start it, and let it catch up with "${replaced}"`,
    );
  }
  await assertStopped(log, replaced, 'close it with app.drain()');
  await assertStopped(log, applicationId, 'close it once it has caught up');
  refuseWhereBehind(
    await lastRunLag(log, replaced),
    `start "${replaced}" again and close it with app.drain()`,
  );
  const assertCaughtUp = async (): Promise<void> =>
    refuseWhereBehind(
      await shadowLag(log, applicationId, fork),
      `start "${applicationId}" again, and close it once it has caught up`,
    );
  await assertCaughtUp();
  await createTakeoverTopic(log, replaced);
  // First the end of the one: a crash between the two leaves none running, and this can be called again.
  const end = roleRecord(replaced, { version: 1, state: 'replaced', by: applicationId });
  await commitWithoutMembers(log, replaced, end);
  // It may have run once more in between.
  await assertCaughtUp();
  await commitWithoutMembers(log, applicationId, roleRecord(applicationId, { ...fork, state: 'promoted' }));
}

async function assertStopped(log: LogClient, applicationId: string, remedy: string): Promise<void> {
  const members = (await log.admin.describeGroup(applicationId))?.members.length ?? 0;
  if (members > 0) throw runs(applicationId, remedy);
}

function runs(applicationId: string, remedy: string): StreamsError {
  return new StreamsError('FORK_STATE', `"${applicationId}" still runs: ${remedy}`);
}

function refuseWhereBehind(behind: readonly BehindPartition[], remedy: string): void {
  const [first] = behind;
  if (first === undefined) return;
  const { application, topic, partition, lag } = first;
  const more = behind.length === 1 ? '' : `, and more in ${behind.length - 1} other partitions`;
  throw new StreamsError(
    'FORK_STATE',
    `"${application}" has ${lag} records of ${topic}-${partition} still to process${more}: ${remedy}`,
  );
}

/** Writes what a stopped application is. Refused where an instance has started meanwhile. */
async function commitWithoutMembers(log: LogClient, group: string, records: PartitionRecords): Promise<void> {
  const producer = await log.producer();
  try {
    await producer.commit({ records: [records], offsets: { group, commits: [] } });
  } catch (error) {
    if (isLogError(error, 'LOG_FENCED')) throw runs(group, 'stop it');
    throw error;
  } finally {
    await producer.close();
  }
}
