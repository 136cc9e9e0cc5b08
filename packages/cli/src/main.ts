import { isLogError } from '@millrace/log-client';
import { CommanderError } from 'commander';
import { programFor } from './program.ts';
import { isRegistryError } from './registry.ts';
import { UsageError } from './usage-error.ts';

/** The errors of the core, whose package is loaded only where a command needs it. */
const coreErrors: ReadonlySet<string> = new Set(['StreamsError', 'ConfigError', 'TopologyError']);

/** Whether an error says by itself what is wrong and what to do. */
function isRefusal(error: unknown): error is Error {
  if (isLogError(error) || isRegistryError(error)) return true;
  return error instanceof Error && coreErrors.has(error.name);
}

async function main(): Promise<number> {
  try {
    await (await programFor(process.argv[2])).parseAsync();
    // A command that did what it was asked to may still have bad news.
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError) {
      const message = error.code === 'commander.help' ? 'which command?' : error.message;
      console.error(`${message.replace(/\s+/g, ' ')} (see --help)`);
      return 2;
    }
    if (error instanceof UsageError || isRefusal(error)) {
      console.error(`error: ${error.message}`);
      return error instanceof UsageError ? 2 : 1;
    }
    throw error;
  }
}

// A pipe that is closed early, by head for instance, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main();
