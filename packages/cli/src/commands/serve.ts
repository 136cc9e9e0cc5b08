import { EmbeddedLog } from '@millrace/embedded-log';
import { listen, type LogServer, removeOwner, writeOwner } from '@millrace/log-server';
import { type Command, InvalidArgumentError } from 'commander';
import { countFromOne, portNumber } from '../arguments.ts';
import { fromCallersFolder } from '../callers-folder.ts';
import { ended } from '../ended.ts';

const tokenVariable = 'MILLRACE_TOKEN';

interface ServeOptions {
  readonly port: number;
  readonly host: string;
  readonly advertise?: string;
  /** False for `--no-token`. */
  readonly token: boolean;
  readonly autoCreate?: boolean;
  readonly maxGroupSize?: number;
  readonly durability: 'commit' | 'interval' | 'os';
}

function durability(text: string): ServeOptions['durability'] {
  if (text === 'commit' || text === 'interval' || text === 'os') return text;
  throw new InvalidArgumentError('Expected commit, interval or os.');
}

function announce(dir: string, { address, token }: LogServer): void {
  console.log(`Serving ${dir} at ${address} to Kafka clients`);
  if (token === undefined) console.log('Everybody on this machine is let in');
  else
    console.log(
      `Clients log in by SASL PLAIN or SCRAM, with any user name and the token in ${dir}/owner.json`,
    );
}

async function serve(given: string, options: ServeOptions): Promise<void> {
  const dir = fromCallersFolder(given);
  const stop = ended();
  const log = await EmbeddedLog.open({ dir, durability: options.durability });
  try {
    const { port, host, advertise, token, autoCreate = false, maxGroupSize } = options;
    const own = process.env[tokenVariable];
    const server = await listen(log, {
      port,
      host,
      autoCreateTopics: autoCreate,
      ...(maxGroupSize === undefined ? {} : { maxGroupSize }),
      ...(advertise === undefined ? {} : { advertisedHost: advertise }),
      ...(token ? (own === undefined ? {} : { token: own }) : { token: false }),
    });
    await writeOwner(dir, {
      pid: process.pid,
      host: server.host,
      port: server.port,
      ...(server.token === undefined ? {} : { token: server.token }),
    });
    announce(dir, server);
    await stop;
    await server.close();
    await removeOwner(dir);
  } finally {
    await log.close();
  }
}

export function serveCommand(program: Command): void {
  program
    .command('serve <dir>')
    .description("serves an embedded log to Kafka clients and tools over Kafka's protocol")
    .option('--port <number>', 'the port to listen on; 0 for any', portNumber, 9092)
    .option('--host <address>', 'the address to listen on; 0.0.0.0 for other machines too', '127.0.0.1')
    .option('--advertise <host>', 'the advertised host: what clients connect to')
    .option('--no-token', 'let everybody on this machine in')
    .option('--max-group-size <number>', 'how many members a consumer group may have', countFromOne)
    .option('--auto-create', 'create topics that clients ask for')
    .option(
      '--durability <level>',
      'when a commit is acknowledged: commit, interval or os',
      durability,
      'commit',
    )
    .addHelpText('after', `\nThe token is random, or what ${tokenVariable} says. SIGINT or SIGTERM end it.`)
    .action(serve);
}
