import { setTimeout as sleep } from 'node:timers/promises';
import type { GroupMember, LogClient } from '@millrace/log-client';
import { StreamsApp, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { eventually, withLog, write } from './support.ts';

const clicks = topic('clicks', { key: string(), value: string() });

/** Counts the members that left, and makes every join after the first take a while. */
function watchMembers(log: LogClient): { joins: number; joined: number; left: number } {
  const seen = { joins: 0, joined: 0, left: 0 };
  const join = log.join.bind(log);
  log.join = async (options): Promise<GroupMember> => {
    if (++seen.joins > 1) await sleep(200);
    const member = await join(options);
    seen.joined++;
    const close = member.close.bind(member);
    member.close = () => {
      seen.left++;
      return close();
    };
    return member;
  };
  return seen;
}

test('an app that is closed while it joins anew leaves its group', async () => {
  await withLog(async (log, stateDir) => {
    await log.admin.createTopics([{ name: clicks.name, partitions: 1 }]);
    await write(log, clicks, [['a', 'x']]);
    const builder = new StreamsBuilder();
    builder.stream(clicks).foreach(() => {
      throw new Error('unlucky');
    });
    const seen = watchMembers(log);
    const app = new StreamsApp(builder.build(), {
      applicationId: 'app',
      log,
      stateDir,
      uncaughtExceptionHandler: () => 'restart',
    });
    await app.start();
    await eventually('it joins anew', () => seen.joins === 2);
    await app.close();
    expect(seen).toEqual({ joins: 2, joined: 2, left: 2 });
  });
});
