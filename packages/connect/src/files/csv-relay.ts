import type { LogClient } from '@millrace/log-client';
import type { SourceRecord, Topic } from '@millrace/streams-core';
import Papa from 'papaparse';
import type { Connector } from '../connector.ts';
import { FileLines, type FilePosition } from './file-lines.ts';
import {
  type FileFormat,
  type FileRelaySettings,
  type LinePlace,
  type LineReader,
  startFileRelay,
} from './file-relay.ts';

const lines = { isQuoted: true };

/** The fields of a line by the names of their columns. */
export type CsvRow = Readonly<Record<string, string>>;

export interface CsvRelayOptions<K, V> extends FileRelaySettings {
  /** What a row is as a record; undefined: none. */
  readonly record: (row: CsvRow, place: LinePlace) => SourceRecord<K, V> | undefined;
  /** What is between two fields. Default: a comma. */
  readonly delimiter?: string;
  /** The names of the columns, for a file without a header. Default: those of its first line. */
  readonly columns?: readonly string[];
}

/**
 * Takes the rows of a CSV file to a topic, as `relayFile` takes lines. A field between double quotes may have
 * ends of lines in it. A row with more or fewer fields than columns makes no record. Empty lines are none.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`
 */
export function relayCsv<K, V>(
  log: LogClient,
  topic: Topic<K, V>,
  options: CsvRelayOptions<K, V>,
): Promise<Connector> {
  return startFileRelay({ log, topic, options, format: csvFormat(options) });
}

function csvFormat<K, V>(options: CsvRelayOptions<K, V>): FileFormat<K, V> {
  return {
    lines,
    open: async (file, position) => {
      if (options.columns !== undefined) return rowReader(options, options.columns);
      return rowReader(options, await headerBefore(file, position, options));
    },
  };
}

/** The names of the columns, where the header has been read already. */
async function headerBefore(
  file: string,
  { offset }: FilePosition,
  options: Pick<CsvRelayOptions<never, never>, 'delimiter'>,
): Promise<readonly string[] | undefined> {
  if (offset === 0) return undefined;
  const head = await FileLines.open(file, undefined, lines);
  try {
    const [first] = await head.read(1, { isWhole: true });
    return fieldsOf(first?.text ?? '', options);
  } finally {
    await head.close();
  }
}

function rowReader<K, V>(
  options: CsvRelayOptions<K, V>,
  known: readonly string[] | undefined,
): LineReader<K, V> {
  let columns = known;
  return (line, place) => {
    if (line === '') return undefined;
    const fields = fieldsOf(line, options);
    if (columns === undefined) {
      columns = fields;
      return undefined;
    }
    if (fields.length !== columns.length) {
      throw new TypeError(
        `It has ${fields.length} fields, of ${columns.length} columns: ${columns.join(', ')}`,
      );
    }
    return options.record(Object.fromEntries(columns.map((name, index) => [name, fields[index]!])), place);
  };
}

/** @throws TypeError for a line that is no CSV */
function fieldsOf(
  line: string,
  { delimiter = ',' }: Pick<CsvRelayOptions<never, never>, 'delimiter'>,
): readonly string[] {
  const { data, errors } = Papa.parse<string[]>(line, { delimiter });
  if (errors.length > 0) throw new TypeError(errors[0]!.message);
  return data[0] ?? [];
}
