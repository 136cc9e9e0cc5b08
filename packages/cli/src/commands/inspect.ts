import { StreamsApp } from '@millrace/streams-core';
import type { Command } from 'commander';
import { portNumber } from '../arguments.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { ended } from '../ended.ts';
import { loadTopology } from '../load-topology.ts';
import { optionalPackage } from '../optional-package.ts';

const tokenVariable = 'MILLRACE_TOKEN';

interface InspectOptions extends LogOptions {
  readonly export?: string;
  readonly application: string;
  readonly port: number;
  readonly host: string;
}

/** Serves the page of an app that runs elsewhere, or not at all, until a signal ends it. */
async function inspectFromOutside(file: string, options: InspectOptions): Promise<void> {
  const topology = await loadTopology(file, options.export);
  const { inspect } = await optionalPackage(
    '@millrace/app-server',
    'inspect',
    () => import('@millrace/inspector'),
  );
  await onLog(options, async (log) => {
    // Never started: it takes part in nothing.
    const app = new StreamsApp(topology, { applicationId: options.application, log });
    const token = process.env[tokenVariable];
    const page = await inspect(app, {
      port: options.port,
      host: options.host,
      ...(token === undefined ? {} : { token }),
    });
    console.log(`${options.application} is shown at ${page.url}`);
    await ended();
    await page.close();
    await app.close();
  });
}

export function inspectCommand(program: Command): void {
  const command = program
    .command('inspect')
    .description('serve a page of an application as the log knows it: topology, lag, members, records')
    .argument('<file>', 'a JavaScript module that exports the topology')
    .requiredOption('--application <id>', 'the applicationId')
    .option('--export <name>', 'which export; default: the first that is or makes a topology')
    .option('--port <number>', 'the port to listen on; 0 for any', portNumber, 8080)
    .option('--host <address>', 'the address to listen on; 0.0.0.0 for other machines too', '127.0.0.1');
  withLogOptions(command)
    .addHelpText(
      'after',
      `\nAn app that runs shows more of itself: inspect(app) of @millrace/inspector. With ${tokenVariable} set, the page asks for it.`,
    )
    .action(inspectFromOutside);
}
