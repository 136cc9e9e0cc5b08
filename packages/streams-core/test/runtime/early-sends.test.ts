import type { EmbeddedLog } from '@millrace/embedded-log';
import type { LogClient } from '@millrace/log-client';
import { StreamsApp, StreamsBuilder } from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { input, output } from '../operators/support.ts';
import { eventually, readTopic, withLog, write } from './support.ts';

/** A log, and when its producers sent something. */
function watched(log: EmbeddedLog): { readonly log: LogClient; readonly sentAt: number[] } {
  const sentAt: number[] = [];
  const producer: LogClient['producer'] = async (options) => {
    const made = await log.producer(options);
    return {
      commit: (transaction) => made.commit(transaction),
      send: (records) => {
        sentAt.push(performance.now());
        return made.send(records);
      },
      close: () => made.close(),
    };
  };
  const get = (target: EmbeddedLog, name: keyof EmbeddedLog): unknown => {
    const member = name === 'producer' ? producer : target[name];
    return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
  };
  return { log: new Proxy(log, { get } as ProxyHandler<EmbeddedLog>), sentAt };
}

test('at least once, results of a backlog are sent together; of what comes last, at once', async () => {
  await withLog(async (embedded) => {
    const topics = ['input', 'output'].map((name) => ({ name, partitions: 1 }));
    await embedded.admin.createTopics(topics);
    const count = 300;
    const records = Array.from({ length: count }, (_, n) => ['k', n] as const);
    await write(embedded, input, records);
    const { log, sentAt } = watched(embedded);
    const builder = new StreamsBuilder();
    builder.stream(input).to(output);
    const app = new StreamsApp(builder.build(), {
      applicationId: 'early',
      log,
      processingGuarantee: 'at_least_once',
      commitIntervalMs: 60_000,
      // A round for each record.
      maxPollRecords: 1,
    });
    await app.start();
    // No commit has come: all that is there was sent before.
    await eventually(
      'all results are there',
      async () => (await readTopic(embedded, output)).length === count,
    );
    expect(await embedded.admin.committed('early', [{ topic: 'input', partition: 0 }])).toEqual([undefined]);
    const tookMs = sentAt.at(-1)! - sentAt[0]!;
    // The first, one for each 50 ms, and the last; a slow machine may take as long for a round.
    expect(sentAt.length).toBeLessThanOrEqual(2 + tookMs / 50 + 1);
    await app.close();
  });
});
