import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics, EmbeddedLog, type Logger, records, StreamsApp, transaction } from 'millrace';
import type { UseCase } from './use-case.ts';

const applicationId = 'example';

/** That records are left out, as too late or seen before, is what some examples show. */
const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: console.error };

/** A result, as it is printed. */
export interface PrintedRecord {
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/**
 * Runs an example on an embedded log in a folder of its own, which goes afterwards: writes its records, lets
 * the app work until it has nothing more to do, and gives what is in its result topics. `look` gets the app
 * before it is closed.
 */
export async function runUseCase(
  { topology, sample, results }: UseCase,
  { look = async () => {} }: { readonly look?: (app: StreamsApp) => Promise<void> } = {},
): Promise<PrintedRecord[]> {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-example-'));
  const log = await EmbeddedLog.open({ dir: path.join(dir, 'log') });
  try {
    const built = topology();
    const inputs = new Map(sample.map(({ topic }) => [topic.name, topic]));
    const own = [...built.nodes.values()].flatMap((node) =>
      node.kind === 'sink' && typeof node.topic === 'string' && !built.repartitionTopics.has(node.topic)
        ? [node.topic]
        : [],
    );
    // One partition each: in more, a few records would leave the time of some behind, and windows open.
    await createTopics(log, [...inputs.values()], { partitions: 1 });
    const rest = [...new Set(own)].filter((name) => !inputs.has(name));
    await log.admin.createTopics(rest.map((name) => ({ name, partitions: 1 })));
    await transaction(log, (write) => {
      for (const { topic, key, value, timestamp } of sample) write(topic, { key, value, timestamp });
    });
    const app = new StreamsApp(built, {
      applicationId,
      log,
      stateDir: path.join(dir, 'state'),
      logger: quiet,
      recordingLevel: 'debug',
    });
    await app.start();
    await workedOff(app, log);
    await look(app);
    await app.close();
    const printed: PrintedRecord[] = [];
    for (const topic of results) {
      for await (const { key, value, timestamp } of records(log, topic, { from: 'earliest' }))
        printed.push({ topic: topic.name, key, value, timestamp });
    }
    return printed;
  } finally {
    await log.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Until the app has committed all of its input, and of what it has sent to itself: at two looks in a row. */
async function workedOff(app: StreamsApp, log: EmbeddedLog): Promise<void> {
  for (let looks = 0; looks < 2; await sleep(20)) {
    if (app.state === 'error') throw app.failure;
    const { partitions = [] } = (await log.admin.describeGroup(applicationId)) ?? {};
    const isDone = partitions.length > 0 && partitions.every(({ committed = 0, end }) => committed === end);
    looks = isDone ? looks + 1 : 0;
  }
}
