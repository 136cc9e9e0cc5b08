import { access } from 'node:fs/promises';
import { asBuffer, type LogRecord } from '@millrace/log-client';
import {
  backupLog,
  dumpBatches,
  dumpRecords,
  logStats,
  NodeFileSystem,
  repairLog,
  upgradeLog,
  verifyLog,
} from '@millrace/embedded-log/tools';
import { type Command, InvalidArgumentError } from 'commander';
import { fromCallersFolder } from '../callers-folder.ts';
import { printRows } from '../print-table.ts';
import { UsageError } from '../usage-error.ts';

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

async function folder(given: string): Promise<NodeFileSystem> {
  const dir = fromCallersFolder(given);
  await access(dir).catch(() => {
    throw new UsageError(`there is no folder ${dir}: name the folder of an embedded log`);
  });
  return new NodeFileSystem(dir);
}

/** With the log taken for this process alone, so that nobody writes to it meanwhile. */
async function locked<T>(given: string, action: (fileSystem: NodeFileSystem) => Promise<T>): Promise<T> {
  const fileSystem = await folder(given);
  const unlock = await fileSystem.lock();
  try {
    return await action(fileSystem);
  } finally {
    await unlock();
  }
}

/** A line that is written over, on a terminal only. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

const mebibyte = 1 << 20;

async function verify(dir: string): Promise<void> {
  const report = await locked(dir, (fileSystem) =>
    verifyLog(fileSystem, ({ file, bytes }) => progress(`${Math.floor(bytes / mebibyte)} MiB, ${file}`)),
  );
  progress('');
  const { topics, segments, batches, records, bytes, problems } = report;
  console.log(
    `${topics} topics, ${segments} segments, ${batches} batches, ${records} records, ${bytes} bytes`,
  );
  for (const { file, problem } of problems) console.log(file === '' ? problem : `${file}: ${problem}`);
  const losses = problems.filter(({ loses }) => loses).length;
  if (losses > 0) {
    console.log(
      `${losses} problems lose records: restore a backup, or see what \`millrace log repair\` would do`,
    );
    process.exitCode = 1;
  } else if (problems.length > 0) {
    console.log('Nothing is lost: opening the log mends this');
  } else {
    console.log('Everything is as it was written');
  }
}

function jsonOf(record: LogRecord): string {
  const text = (bytes: Uint8Array | null): string | { readonly hex: string } | null => {
    if (bytes === null) return null;
    const buffer = asBuffer(bytes);
    const decoded = buffer.toString('utf8');
    return Buffer.from(decoded, 'utf8').equals(buffer) ? decoded : { hex: buffer.toString('hex') };
  };
  const { offset, timestamp, key, value, headers } = record;
  const named = headers.map((header) => [header.key, text(header.value)] as const);
  return JSON.stringify({ offset, timestamp, key: text(key), value: text(value), headers: named });
}

interface DumpCommand {
  readonly partition: number;
  readonly from?: number;
  readonly max?: number;
  readonly batches?: boolean;
}

async function dump(
  dir: string,
  topic: string,
  { batches, max = Infinity, ...where }: DumpCommand,
): Promise<void> {
  const fileSystem = await folder(dir);
  let count = 0;
  const lines =
    batches === true
      ? dumpBatches(fileSystem, { topic, ...where })
      : dumpRecords(fileSystem, { topic, ...where });
  for await (const one of lines) {
    if (count++ >= max) break;
    console.log('segment' in one ? JSON.stringify(one) : jsonOf(one));
  }
}

async function stats(dir: string, options: { readonly json?: boolean }): Promise<void> {
  const date = (ms: number | undefined): string => (ms === undefined ? '' : new Date(ms).toISOString());
  const rows = (await logStats(await folder(dir))).map((one) => ({
    ...one,
    compacted: `${Math.round(one.compacted * 100)}%`,
    oldestAppend: date(one.oldestAppend),
    newestAppend: date(one.newestAppend),
  }));
  printRows(rows, options);
}

async function backup(dir: string, target: string): Promise<void> {
  const { location } = await folder(dir);
  await backupLog(location, fromCallersFolder(target), ({ files, total }) =>
    progress(`${files} of ${total} files`),
  );
  progress('');
  console.log(`${target} holds a copy of the log, which was read back`);
}

async function repair(dir: string, { acceptLoss = false }: { readonly acceptLoss?: boolean }): Promise<void> {
  const lost = await locked(dir, (fileSystem) => repairLog(fileSystem, { acceptLoss }));
  for (const { topic, partition, firstOffset, nextOffset } of lost) {
    console.log(`${topic}-${partition} loses offsets ${firstOffset} to ${nextOffset - 1}`);
  }
  if (lost.length === 0) console.log('Nothing is lost: there is nothing to repair');
  else if (acceptLoss) console.log('The log no longer has them: open it as before');
  else {
    console.log(
      'Nothing was changed: restore a backup if there is one; say --accept-loss to do without these',
    );
    process.exitCode = 1;
  }
}

async function upgrade(dir: string): Promise<void> {
  await locked(dir, (fileSystem) =>
    upgradeLog(fileSystem, {
      segmentBytes: 64 * mebibyte,
      onProgress: ({ topic, partition, records, total }) =>
        progress(`${records} of ${total} records, ${topic}-${partition}`),
    }),
  );
  progress('');
  console.log(`The log in ${dir} has the present format`);
}

export function logCommand(program: Command): void {
  const log = program.command('log').description("look after an embedded log's folder");
  log
    .command('verify')
    .description('check every checksum, index and checkpoint; exits with 1 where records are lost')
    .argument('<dir>')
    .action(verify);
  log
    .command('dump')
    .description('a partition as lines of JSON; the log may be in use')
    .argument('<dir>')
    .argument('<topic>')
    .option('--partition <n>', 'which partition', whole, 0)
    .option('--from <offset>', 'where to begin', whole)
    .option('--max <n>', 'no more than so many', whole)
    .option('--batches', 'batches as they are stored, instead of records')
    .action(dump);
  log
    .command('stats')
    .description('what each partition takes; the log may be in use')
    .argument('<dir>')
    .option('--json', 'a line of JSON for each')
    .action(stats);
  log
    .command('backup')
    .description('a consistent copy in an empty folder; the log may be in use')
    .argument('<dir>')
    .argument('<target>')
    .action(backup);
  log
    .command('repair')
    .description('say what of a damaged log is lost; with --accept-loss, leave it out')
    .argument('<dir>')
    .option('--accept-loss', 'write the log without what is lost')
    .action(repair);
  log
    .command('upgrade')
    .description('rewrite a log of an earlier format; opening it does that too')
    .argument('<dir>')
    .action(upgrade);
}
