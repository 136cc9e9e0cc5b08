import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { long, StreamsBuilder, string, topic, type Topology } from '@millrace/streams-core';
import { type Figures, figuresOf, type ScaleRow } from './row.ts';
import { type AppRun, fillTopic, inScratch, runApp, type Scratch } from './scratch.ts';

const input = 'clicks';

/** Every record has a key of its own. */
function counts(persistent: boolean): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream(topic(input, { key: string(), value: long() }))
    .groupByKey()
    .count({ as: 'counts', persistent });
  return builder.build();
}

const eight = Buffer.alloc(8).toString('latin1');

async function counted(
  scratch: Scratch,
  count: number,
  persistent: boolean,
  done = () => {},
): Promise<AppRun> {
  const record = (n: number) => ({ key: `key-${n}`, value: eight, timestamp: n });
  await fillTopic(scratch.log, input, { count, record });
  return runApp(scratch, counts(persistent), { sources: [input] }, done);
}

/** What is in use once garbage is collected, in bytes, buffers included. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const memory: ScaleRow = {
  kind: 'memory',
  name: 'a store in memory',
  what: 'a count of keys of which each comes once, in a store in memory',
  run: (count) =>
    inScratch(async (scratch) => {
      let after = 0;
      const before = bytesInUse();
      const ran = await counted(scratch, count, false, () => {
        after = bytesInUse();
      });
      return { ...figuresOf(count, ran), bytesEach: (after - before) / count };
    }),
};

/** An app that starts without its state, and has it all from the changelog. */
const restore = (persistent: boolean): ScaleRow => ({
  kind: 'restore',
  name: persistent ? 'restore to disk' : 'restore to memory',
  what: 'an app starts that has only its changelog, a row for each key',
  run: (count) =>
    inScratch(async (scratch): Promise<Figures> => {
      await counted(scratch, count, persistent);
      await rm(path.join(scratch.dir, 'state'), { recursive: true, force: true });
      const { start } = await runApp(scratch, counts(persistent), { sources: [input] });
      return { count, ...start };
    }),
});

export const stateRows: readonly ScaleRow[] = [memory, restore(false), restore(true)];
