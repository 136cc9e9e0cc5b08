import { isLogError } from '@millrace/log-client';
import { Command, CommanderError } from 'commander';
import { groupsCommand } from './commands/groups.ts';
import { logCommand } from './commands/log.ts';
import { planCommand } from './commands/plan.ts';
import { produceCommand } from './commands/produce.ts';
import { queryCommand } from './commands/query.ts';
import { resetCommand } from './commands/reset.ts';
import { serveCommand } from './commands/serve.ts';
import { tailCommand } from './commands/tail.ts';
import { topicsCommand } from './commands/topics.ts';
import { topologyCommand } from './commands/topology.ts';
import { isRegistryError } from './registry.ts';
import { UsageError } from './usage-error.ts';

const program = new Command('millrace')
  .description('Look at topologies, topics, records and groups, on the embedded log and on Kafka.')
  .configureOutput({ outputError: () => {} })
  .exitOverride();
for (const add of [
  topologyCommand,
  planCommand,
  topicsCommand,
  tailCommand,
  produceCommand,
  groupsCommand,
  logCommand,
  serveCommand,
  queryCommand,
  resetCommand,
]) {
  add(program);
}

async function main(): Promise<number> {
  try {
    await program.parseAsync();
    // A command that did what it was asked to may still have bad news.
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError) {
      const message = error.code === 'commander.help' ? 'which command?' : error.message;
      console.error(`${message.replace(/\s+/g, ' ')} (see --help)`);
      return 2;
    }
    if (error instanceof UsageError || isLogError(error) || isRegistryError(error)) {
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
