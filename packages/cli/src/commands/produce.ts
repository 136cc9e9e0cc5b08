import { createInterface } from 'node:readline';
import { type LogClient, noHeaders, partitionForKey, type ProducerRecord } from '@millrace/log-client';
import { type Command, Option } from 'commander';
import { type CodecName, codecNames, encode } from '../codecs.ts';
import { type LogOptions, onLog, withLogOptions } from '../connect.ts';
import { topicNamed } from '../partitions.ts';
import { UsageError } from '../usage-error.ts';

interface ProduceOptions extends LogOptions {
  readonly separator: string;
  readonly key: CodecName;
  readonly value: CodecName;
  readonly tombstone: string;
}

const chunkRecords = 1000;

async function produce(log: LogClient, name: string, options: ProduceOptions): Promise<void> {
  const { partitions } = await topicNamed(log, name);
  const producer = await log.producer();
  let chunk: ProducerRecord[][] = Array.from({ length: partitions }, () => []);
  let [waiting, total, turn] = [0, 0, 0];
  const send = async (): Promise<void> => {
    await producer.send(
      chunk.flatMap((records, partition) =>
        records.length === 0 ? [] : [{ topic: name, partition, records }],
      ),
    );
    total += waiting;
    chunk = chunk.map(() => []);
    waiting = 0;
  };
  let number = 0;
  for await (const text of createInterface({ input: process.stdin })) {
    number++;
    if (text === '') continue;
    const record = recordOf(text, number, options);
    const partition =
      record.key === null ? turn++ % partitions : partitionForKey(record.key as Uint8Array, partitions);
    chunk[partition]!.push(record);
    if (++waiting >= chunkRecords) await send();
  }
  await send();
  await producer.close();
  console.log(`${total} records written to ${name}`);
}

function recordOf(
  text: string,
  number: number,
  { separator, key, value, tombstone }: ProduceOptions,
): ProducerRecord {
  const at = text.indexOf(separator);
  try {
    const rest = at < 0 ? text : text.slice(at + separator.length);
    return {
      key: at < 0 ? null : encode(key, text.slice(0, at)),
      value: rest === tombstone ? null : encode(value, rest),
      timestamp: Date.now(),
      headers: noHeaders,
    };
  } catch (error) {
    throw new UsageError(`line ${number}: ${(error as Error).message}`);
  }
}

export function produceCommand(program: Command): void {
  const codec = (flag: string, what: string) =>
    new Option(flag, `what ${what} are`).choices(codecNames).default('string');
  withLogOptions(
    program
      .command('produce')
      .description('write lines of standard input to a topic: key, separator, value; or a value alone')
      .argument('<topic>'),
  )
    .option('--separator <text>', 'what stands between key and value', '\t')
    .option('--tombstone <text>', 'a value that stands for a delete', '\\N')
    .addOption(codec('--key <codec>', 'keys'))
    .addOption(codec('--value <codec>', 'values'))
    .action((name: string, options: ProduceOptions) => onLog(options, (log) => produce(log, name, options)));
}
