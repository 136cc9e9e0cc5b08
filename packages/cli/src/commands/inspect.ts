import { stat } from 'node:fs/promises';
import type { LogClient } from '@millrace/log-client';
import { StreamsApp } from '@millrace/streams-core';
import type { Command } from 'commander';
import { portNumber } from '../arguments.ts';
import { fromCallersFolder } from '../callers-folder.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { ended } from '../ended.ts';
import { loadTopology } from '../load-topology.ts';
import { optionalPackage } from '../optional-package.ts';
import { UsageError } from '../usage-error.ts';

const tokenVariable = 'MILLRACE_TOKEN';

interface InspectOptions extends LogOptions {
  readonly export?: string;
  readonly application?: string;
  readonly port: number;
  readonly host: string;
}

interface Page {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a page of an app that runs elsewhere, or not at all, or of a whole log, until a signal ends it. */
async function inspectFromOutside(target: string | undefined, given: InspectOptions): Promise<void> {
  const isFolder = target !== undefined && (await isDirectory(target));
  const options = isFolder && given.logDir === undefined ? { ...given, logDir: target } : given;
  if (target === undefined || isFolder) {
    if (given.application !== undefined)
      throw new UsageError('--application needs the module with its topology: millrace inspect topology.js');
    await serveUntilEnded(options, showLog);
    return;
  }
  const { application } = options;
  if (application === undefined) throw new UsageError(`say whose topology ${target} is: --application ID`);
  const topology = await loadTopology(target, options.export);
  await serveUntilEnded(options, async (log, serving) => {
    // Never started: it takes part in nothing.
    const app = new StreamsApp(topology, { applicationId: application, log });
    const { inspect } = await inspector();
    const page = await inspect(app, serving);
    const close = async (): Promise<void> => {
      await page.close();
      await app.close();
    };
    return { url: page.url, close, what: application };
  });
}

async function showLog(log: LogClient, serving: Serving): Promise<Page & { readonly what: string }> {
  const { inspectLog } = await inspector();
  return { ...(await inspectLog(log, serving)), what: 'The log' };
}

interface Serving {
  readonly port: number;
  readonly host: string;
  readonly token?: string;
}

function inspector(): Promise<typeof import('@millrace/inspector')> {
  return optionalPackage('@millrace/app-server', 'inspect', () => import('@millrace/inspector'));
}

async function serveUntilEnded(
  options: InspectOptions,
  show: (log: LogClient, serving: Serving) => Promise<Page & { readonly what: string }>,
): Promise<void> {
  const token = process.env[tokenVariable];
  const { port, host } = options;
  await onLog(options, async (log) => {
    const page = await show(log, { port, host, ...(token === undefined ? {} : { token }) });
    console.log(`${page.what} is shown at ${page.url}`);
    await ended();
    await page.close();
  });
}

async function isDirectory(file: string): Promise<boolean> {
  const found = await stat(fromCallersFolder(file)).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

export function inspectCommand(program: Command): void {
  const command = program
    .command('inspect')
    .description(
      'serve a page of an application as the log knows it (topology, lag, members, records), or of a log (groups, topics, records)',
    )
    .argument(
      '[target]',
      "a JavaScript module that exports the topology, with --application; the folder of an embedded log; or nothing, for a cluster's log",
    )
    .option('--application <id>', 'the applicationId')
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
