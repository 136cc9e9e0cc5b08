import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { progressBar } from './progress.ts';
import { run } from './run.ts';
import { UsageError } from './usage-error.ts';

const bundled = fileURLToPath(new URL('../data', import.meta.url));

/** Paths are meant from where the user stands, which npm changes. */
function fromHere(given: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
}

function whole(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min) return value;
    throw new InvalidArgumentError(`Expected a whole number, ${min} at least.`);
  };
}

const program = new Command('retail-reorder')
  .description('Sales and shipments in, reorders and price adjustments out.')
  .option('--data <dir>', 'folder with sales.csv, shipments.csv and products.csv (default: the bundled rows)')
  .option('--out <dir>', 'folder for the results', 'retail-out')
  .option('--window-minutes <n>', 'size of the windows in which demand is measured', whole(1), 60)
  .option('--grace-minutes <n>', 'how late a sale may be and still count', whole(0), 15)
  .option('--partitions <n>', 'partitions of each topic', whole(1), 4)
  .option('--log-dir <dir>', 'folder for the log and the stores; a run that was cut off goes on from it')
  .option('--instances <n>', 'instances of the app that share the work', whole(1), 1)
  .option('--workers <n>', 'threads that share the work, each with an instance (0: this one)', whole(0), 0)
  .option(
    '--inspect <port>',
    'serve a page of the running app at this port of 127.0.0.1 (0: a free one), until Ctrl+C',
    whole(0),
  )
  .option('--standbys <n>', 'other instances that keep a copy of each store', whole(0), 0)
  .option('--kafka <brokers>', 'run on a Kafka cluster: host:port, several with commas between them')
  .option(
    '--session-timeout-ms <n>',
    'with --kafka: how long a silent process keeps its part of the work',
    whole(1000),
    10_000,
  )
  .option('--no-load', 'with --kafka: load nothing, share the work of a run that does')
  .configureOutput({ outputError: () => {} })
  .exitOverride();

async function main(): Promise<number> {
  try {
    const { data, out, logDir, kafka, ...options } = program.parse().opts<{
      data?: string;
      out: string;
      logDir?: string;
      windowMinutes: number;
      graceMinutes: number;
      partitions: number;
      instances: number;
      workers: number;
      standbys: number;
      inspect?: number;
      kafka?: string;
      load: boolean;
      sessionTimeoutMs: number;
    }>();
    if (!options.load && kafka === undefined) throw new UsageError('--no-load needs --kafka');
    if (options.workers > 0 && options.instances > 1) {
      throw new UsageError('--workers and --instances both share the work: use one of them');
    }
    if (options.workers > 0 && options.inspect !== undefined) {
      throw new UsageError('--inspect shows an app of the main thread: leave out --workers');
    }
    if (program.args.length > 0) throw new UsageError(`unexpected argument "${program.args[0]}"`);
    const text = await run(
      {
        ...options,
        data: data === undefined ? bundled : fromHere(data),
        out: fromHere(out),
        logDir: logDir === undefined ? undefined : fromHere(logDir),
        kafka: kafka?.split(','),
      },
      progressBar(),
    );
    console.log(text);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError) {
      console.error(`${error.message.replace(/\s+/g, ' ')} (see --help)`);
      return 2;
    }
    if (error instanceof UsageError) {
      console.error(`error: ${error.message}`);
      return 2;
    }
    throw error;
  }
}

process.exitCode = await main();
