import { access } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import type { KafkaLogOptions } from '@millrace/kafka';
import { isLogError, type LogClient } from '@millrace/log-client';
import { type Command, Option } from 'commander';
import { optionalPackage } from './optional-package.ts';
import { UsageError } from './usage-error.ts';
import { fromCallersFolder } from './callers-folder.ts';

/** Where the log is: the options of every command that needs one. */
export interface LogOptions {
  readonly kafka?: string;
  readonly logDir?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly sasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly user?: string;
}

/** The password comes from the environment: command lines are read by others. */
const passwordVariable = 'MILLRACE_PASSWORD';

export function withLogOptions(command: Command): Command {
  return command
    .option('--kafka <brokers>', 'a Kafka cluster: host:port, several with commas between them')
    .option('--log-dir <dir>', 'the folder of an embedded log; one that is in use has to be shared or served')
    .option('--tls', 'speak TLS to the cluster')
    .option('--ca <file>', 'speak TLS, and trust the certificates in this PEM file')
    .addOption(
      new Option(
        '--sasl <mechanism>',
        `authenticate, with --user and the password in ${passwordVariable}`,
      ).choices(['plain', 'scram-sha-256', 'scram-sha-512']),
    )
    .option('--user <name>', 'the user to authenticate as');
}

export async function openLog({ kafka, logDir, tls, ca, sasl, user }: LogOptions): Promise<LogClient> {
  if ((kafka === undefined) === (logDir === undefined)) {
    throw new UsageError('say where the log is: --kafka host:port, or --log-dir DIR');
  }
  if (logDir !== undefined) {
    const dir = fromCallersFolder(logDir);
    await access(dir).catch(() => {
      throw new UsageError(`there is no folder ${dir}: --log-dir names the folder of an embedded log`);
    });
    return openFolder(dir);
  }
  const options: KafkaLogOptions = {
    brokers: kafka!.split(','),
    clientId: 'millrace-cli',
    // A wrong address should be reported soon.
    retryTimeoutMs: 10_000,
    ...(ca === undefined ? (tls === true ? { ssl: true } : {}) : { ssl: { ca: readFileSync(ca, 'utf8') } }),
    ...(sasl === undefined ? {} : { sasl: credentials(sasl, user) }),
  };
  // A package of its own, with native codecs: most logs are embedded ones.
  const { kafkaLog } = await optionalPackage('@millrace/kafka', '--kafka', () => import('@millrace/kafka'));
  return kafkaLog(options);
}

/** A folder that nobody has open, or one whose owner shares or serves it. */
async function openFolder(dir: string): Promise<LogClient> {
  // What a command does not need is not loaded: loading takes longer than most commands.
  const { EmbeddedLog } = await import('@millrace/embedded-log');
  try {
    return await EmbeddedLog.open({ dir });
  } catch (error) {
    if (!isLogError(error, 'LOG_LOCKED')) throw error;
    const { readOwner, sharedLog } = await import('@millrace/log-server');
    if ((await readOwner(dir)) === undefined) throw error;
    return sharedLog({ dir, mayOwn: false });
  }
}

function credentials(
  mechanism: NonNullable<LogOptions['sasl']>,
  username: string | undefined,
): NonNullable<KafkaLogOptions['sasl']> {
  const password = process.env[passwordVariable];
  if (username === undefined || password === undefined) {
    throw new UsageError(
      `--sasl needs --user, and the password in the environment variable ${passwordVariable}`,
    );
  }
  return { mechanism, username, password };
}

/** Runs something on the log that the options name, and closes it. */
export async function onLog<T>(options: LogOptions, use: (log: LogClient) => Promise<T>): Promise<T> {
  const log = await openLog(options);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}
