import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { json, minutes, StreamsBuilder, string, TimeWindows, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { timed } from '../cost.ts';
import type { Figures, ScaleRow } from './row.ts';

const runs = 10;
const here = fileURLToPath(import.meta.url);

/** Starts Node so many times, lets it import something, and says what it took beyond a start without. */
const imported = (name: string): ScaleRow => ({
  kind: 'import',
  name: `import of ${name}`,
  what: 'a process that imports it and ends, less one that imports nothing',
  async run(): Promise<Figures> {
    const [bare, full] = [await started(''), await started(`await import(${JSON.stringify(name)});`)];
    const less = (key: keyof Started): number => full[key] - bare[key];
    return { count: runs, seconds: less('seconds'), cpuSeconds: less('cpuSeconds') };
  },
});

interface Started {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function started(program: string): Promise<Started> {
  const script = `${program} const { user, system } = process.cpuUsage(); console.log((user + system) / 1e6)`;
  let [seconds, cpuSeconds] = [0, 0];
  for (let n = 0; n < runs; n++) {
    const from = performance.now();
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: here.slice(0, here.lastIndexOf('/')),
    });
    seconds += (performance.now() - from) / 1000;
    cpuSeconds += Number(stdout);
  }
  return { seconds, cpuSeconds };
}

const clicks = topic('clicks', { key: string(), value: json<{ readonly page: string }>() });
const perMinute = topic('per-minute', { key: string(), value: json<number>() });

async function oneTest(): Promise<void> {
  const builder = new StreamsBuilder();
  builder
    .stream(clicks)
    .filter(({ page }) => page !== '')
    .groupByKey()
    .windowedBy(TimeWindows.of(minutes(1)))
    .count({ as: 'counts' })
    .toStream()
    .selectKey((_, { key }) => key)
    .to(perMinute);
  const driver = new TopologyTestDriver(builder.build());
  const [input, output] = [driver.createInputTopic(clicks), driver.createOutputTopic(perMinute)];
  for (let n = 0; n < 10; n++) input.pipeInput('ann', { page: 'home' }, { timestamp: n });
  if (output.readKeyValuesToList().length !== 10)
    throw new Error('The driver gave another number of results');
  await driver.close();
}

const driver: ScaleRow = {
  kind: 'driver',
  name: 'tests with a test driver',
  what: 'a topology is built, ten records go through it, results are compared',
  share: 0.01,
  async run(count): Promise<Figures> {
    for (let n = 0; n < 200; n++) await oneTest();
    const cost = await timed(async () => {
      for (let n = 0; n < count; n++) await oneTest();
    });
    return { count, ...cost };
  },
};

export const startRows: readonly ScaleRow[] = [
  imported('@millrace/streams-core'),
  imported('@millrace/embedded-log'),
  imported('@millrace/testing'),
  driver,
];
