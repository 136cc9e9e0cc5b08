import { createRequire } from 'node:module';
import { Command } from 'commander';

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

/** The program with the command that is asked for, or with all of them. */
export async function programFor(asked: string | undefined): Promise<Command> {
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
