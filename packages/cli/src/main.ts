import { createRequire } from 'node:module';
import { isLogError } from '@millrace/log-client';
import { Command, CommanderError } from 'commander';
import { isRegistryError } from './registry.ts';
import { UsageError } from './usage-error.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };

type AddCommand = (program: Command) => void;

/** In the order of the help. A command's own modules are loaded only where it is asked for. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  topology: async () => (await import('./commands/topology.ts')).topologyCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  fork: async () => (await import('./commands/fork.ts')).forkCommand,
  compare: async () => (await import('./commands/fork.ts')).compareCommand,
  promote: async () => (await import('./commands/fork.ts')).promoteCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  debug: async () => (await import('./commands/debug.ts')).debugCommand,
  topics: async () => (await import('./commands/topics.ts')).topicsCommand,
  tail: async () => (await import('./commands/tail.ts')).tailCommand,
  produce: async () => (await import('./commands/produce.ts')).produceCommand,
  groups: async () => (await import('./commands/groups.ts')).groupsCommand,
  log: async () => (await import('./commands/log.ts')).logCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  query: async () => (await import('./commands/query.ts')).queryCommand,
  reset: async () => (await import('./commands/reset.ts')).resetCommand,
};

async function programFor(asked: string | undefined): Promise<Command> {
  const program = new Command('millrace')
    .description('Look at topologies, topics, records and groups, on the embedded log and on Kafka.')
    .version(version, '-V, --version', "print this command's version")
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  const named = asked === undefined || !Object.hasOwn(commands, asked) ? undefined : commands[asked];
  const loads = named === undefined ? Object.values(commands) : [named];
  for (const add of await Promise.all(loads.map((load) => load()))) add(program);
  return program;
}

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
