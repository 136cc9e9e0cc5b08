import { inspect } from '@millrace/inspector';
import { bytes, type StreamsApp, StreamsBuilder, string, topic, type Tracing } from '@millrace/streams-core';
import { Command } from 'commander';
import { Table } from 'console-table-printer';
import { inputTopic, makeFixture, type RunOptions, runTopology } from './fixture.ts';
import { median } from './median.ts';

// What it costs to be measured and asked: one job, in turn, as it is and with each of them.

const counts = 'counts';

const nothingSampled: Tracing = {
  received: () => {},
  process: () => undefined,
  produce: () => undefined,
  join: ({ headers }) => headers,
  commit: () => undefined,
};

const ways: Readonly<Record<string, RunOptions>> = {
  'not measured': { config: { recordingLevel: 'off' } },
  'measured (info, the default)': {},
  'each node measured (debug)': { config: { recordingLevel: 'debug' } },
  'asked: committed rows are kept apart': { whenMade: (app) => void app.store(counts) },
  'traced, nothing sampled': { config: { tracing: nothingSampled } },
  'looked at: the page is open': { whenMade: (app) => void look(app).catch(console.error) },
  'followed: table$': { whenMade: (app) => void app.table$(counts).subscribe() },
};

const closers: (() => Promise<void>)[] = [];

/** Serves the inspector's page and takes what it sends, as an open page does. */
async function look(app: StreamsApp): Promise<void> {
  const page = await inspect(app);
  const { body } = await fetch(new URL('/inspector/events', page.url));
  closers.push(async () => {
    await body!.cancel().catch(() => {});
    await page.close();
  });
}

const options = new Command('bench:overhead')
  .description(
    'Count by key, 10 thousand keys: CPU seconds per million records, measured and asked in several ways.',
  )
  .option('--records <n>', 'records in the input', Number, 1_000_000)
  .option('--runs <n>', 'runs of each; the median counts', Number, 5)
  .parse()
  .opts<{ records: number; runs: number }>();

function topology() {
  const builder = new StreamsBuilder();
  const input = topic(inputTopic, { key: string(), value: bytes() });
  builder.stream(input).groupByKey().count({ as: counts });
  return builder.build();
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const fixture = await makeFixture(options.records);
const taken = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
try {
  // One round to warm up.
  for (let round = 0; round <= options.runs; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const before = cpuSeconds();
      await runTopology(fixture, topology(), way);
      if (round > 0) taken.get(name)!.push(((cpuSeconds() - before) * 1e6) / options.records);
    }
  }
  const table = new Table({ shouldDisableColors: true });
  const [plain] = taken.values();
  for (const [name, seconds] of taken) {
    // Of each round against the plain run of the same round: noise hits both.
    const ratio = median(seconds.map((one, index) => one / plain![index]!));
    table.addRow({
      way: name,
      'CPU s per million': median(seconds).toFixed(2),
      'against not measured': ratio.toFixed(3),
    });
  }
  table.printTable();
} finally {
  for (const close of closers) await close();
  await fixture.close();
}
