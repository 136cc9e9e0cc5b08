import type { LogClient, LogRecord, TopicPartition } from '@millrace/log-client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CodecName, codecNames, decode, undecoded } from '../codecs.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { partitionsOf, topicNamed } from '../partitions.ts';
import { type OpenDecoder, onRegistry, type RegistryOptions, withRegistryOptions } from '../registry.ts';

/** How keys or values are shown: a codec, or by their own schemas. */
type Shown = CodecName | 'registry';

interface TailOptions extends LogOptions, RegistryOptions {
  readonly partition?: number;
  readonly from: 'end' | 'beginning' | number;
  readonly max: number;
  readonly follow?: boolean;
  readonly key: Shown;
  readonly value: Shown;
}

function start(text: string): TailOptions['from'] {
  if (text === 'end' || text === 'beginning') return text;
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    'Expected beginning, end, an offset, or -N for the last N of each partition.',
  );
}

function count(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number.');
}

type Show = (bytes: Uint8Array | null) => unknown;

function showing(shown: Shown, open: () => (bytes: Uint8Array) => unknown): Show {
  if (shown !== 'registry') return (bytes) => decode(shown, bytes);
  const read = open();
  return (bytes) => {
    if (bytes === null) return null;
    try {
      return read(bytes);
    } catch (error) {
      // Bytes that were written otherwise are shown; a registry that does not answer ends it.
      if (!(error instanceof TypeError)) throw error;
      return undecoded('registry', bytes);
    }
  };
}

function line(
  { topic, partition }: TopicPartition,
  record: LogRecord,
  show: { readonly key: Show; readonly value: Show },
): string {
  return JSON.stringify({
    topic,
    partition,
    offset: record.offset,
    time: new Date(record.timestamp).toISOString(),
    key: show.key(record.key),
    value: show.value(record.value),
    ...(record.headers.length === 0
      ? {}
      : { headers: record.headers.map((header) => [header.key, decode('string', header.value)]) }),
  });
}

async function tail(
  log: LogClient,
  name: string,
  options: TailOptions,
  openDecoder: OpenDecoder,
): Promise<void> {
  const show = {
    key: showing(options.key, () => openDecoder(name, 'key')),
    value: showing(options.value, () => openDecoder(name, 'value')),
  };
  const all = partitionsOf(await topicNamed(log, name));
  const wanted = all.filter(
    ({ partition }) => options.partition === undefined || partition === options.partition,
  );
  const ranges = await log.admin.offsets(wanted);
  const { from } = options;
  const positions = wanted.map((one, index) => {
    const range = ranges[index]!;
    if (from === 'beginning') return { ...one, offset: range.start };
    if (from === 'end') return { ...one, offset: range.end };
    const offset = from < 0 ? range.end + from : from;
    return { ...one, offset: Math.min(range.end, Math.max(range.start, offset)) };
  });
  const reader = await log.reader(positions);
  const next = new Map(positions.map(({ partition, offset }) => [partition, offset]));
  const isDone = (): boolean =>
    options.follow !== true &&
    wanted.every(({ partition }, index) => next.get(partition)! >= ranges[index]!.end);
  let printed = 0;
  while (printed < options.max && !isDone()) {
    for (const batch of await reader.poll({ maxWaitMs: 200, maxRecords: 500 })) {
      next.set(batch.partition, batch.nextOffset);
      for (const record of batch.records.slice(0, options.max - printed)) {
        console.log(line(batch, record, show));
        printed++;
      }
    }
  }
  await reader.close();
}

export function tailCommand(program: Command): void {
  const codec = (flag: string, what: string) =>
    new Option(flag, `what ${what} are`).choices([...codecNames, 'registry']);
  const command = program
    .command('tail')
    .description("print a topic's records, a line of JSON for each")
    .argument('<topic>');
  withRegistryOptions(withLogOptions(command))
    .option('--from <where>', 'beginning, end, an offset, or -N for the last N of each partition', start, -10)
    .option('--partition <n>', 'only this partition', count)
    .option('--max <n>', 'stop after this many', count, Number.POSITIVE_INFINITY)
    .option('-f, --follow', 'wait for more')
    .addOption(codec('--key <codec>', 'keys').default('string'))
    .addOption(codec('--value <codec>', 'values').default('string'))
    .action((name: string, options: TailOptions) =>
      onRegistry(options, (open) => onLog(options, (log) => tail(log, name, options, open))),
    );
}
