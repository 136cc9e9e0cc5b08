import { once } from 'node:events';
import { inspect } from '@millrace/inspector';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { Table } from 'console-table-printer';
import type { StreamsApp } from 'millrace';
import { runUseCase } from './run-use-case.ts';
import { useCases } from './use-cases.ts';

const list = Object.entries(useCases)
  .map(([name, { what }]) => `  ${name.padEnd(16)} ${what}`)
  .join('\n');

/** A key or value on one line; of a key with a window, what it is and when. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('window' in value)) return JSON.stringify(value);
  const { key, window } = value as { key: unknown; window: { start: number; end: number } };
  const time = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
  return `${shown(key)}, ${time(window.start)} to ${time(window.end)}`;
}

function portNumber(text: string): number {
  if (/^\d+$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Expected a number from 0 to 65535.');
}

/** Serves the page of an app until Ctrl+C. */
function show(port: number): (app: StreamsApp) => Promise<void> {
  return async (app) => {
    const page = await inspect(app, { port });
    console.log(`It is shown at ${page.url}, until Ctrl+C`);
    await once(process, 'SIGINT');
    await page.close();
  };
}

await new Command('npm run example --')
  .description('Runs an example on its own records, on an embedded log, and prints what comes out.')
  .addArgument(new Argument('<name>', 'which').choices(Object.keys(useCases)))
  .option(
    '--inspect <port>',
    'serve a page of it at this port of 127.0.0.1 (0: a free one), until Ctrl+C',
    portNumber,
  )
  .addHelpText('after', `\nExamples:\n${list}`)
  .showHelpAfterError()
  .action(async (name: string, { inspect: port }: { readonly inspect?: number }) => {
    const { what } = useCases[name]!;
    console.log(`${name}: ${what}`);
    const found = await runUseCase(useCases[name]!, port === undefined ? {} : { look: show(port) });
    for (const topic of new Set(found.map((record) => record.topic))) {
      console.log(`\n${topic}`);
      const columns = ['key', 'value', 'time'].map((column) => ({
        name: column,
        alignment: 'left' as const,
      }));
      const table = new Table({ shouldDisableColors: true, columns });
      for (const { key, value, timestamp, topic: from } of found) {
        if (from !== topic) continue;
        table.addRow({
          key: shown(key),
          value: shown(value),
          time: new Date(timestamp).toISOString().slice(11, 19),
        });
      }
      table.printTable();
    }
    console.log(`\nHow: examples/use-cases/src/${name}`);
  })
  .parseAsync();
