import type { LogClient } from '@millrace/log-client';
import type { SourceRecord, Topic } from '@millrace/streams-core';
import Papa from 'papaparse';
import type { Connector } from '../connector.ts';
import { csvDelimiter } from './csv-quotes.ts';
import { FileLines, type FilePosition } from './file-lines.ts';
import {
  type FileFormat,
  type FileRelaySettings,
  type LinePlace,
  type LineReader,
  startFileRelay,
} from './file-relay.ts';

/** The fields of a line by the names of their columns. */
export type CsvRow<C extends string = string> = Readonly<Record<C, string>>;

export interface CsvRelayOptions<K, V, C extends string = string> extends FileRelaySettings {
  /** What a row is as a record; undefined: none. */
  readonly record: (row: CsvRow<NoInfer<C>>, place: LinePlace) => SourceRecord<K, V> | undefined;
  /** What is between two fields. Default: a comma. */
  readonly delimiter?: string;
  /**
   * The columns that the file has to have, or without a header all of them in their order. Default: what the
   * header says.
   */
  readonly columns?: readonly C[];
  /** Whether the first line names the columns. Default: it does. */
  readonly header?: boolean;
}

/**
 * Takes the rows of a CSV file to a topic, as `relayFile` takes lines. A field between double quotes may have
 * ends of lines in it; a quote inside a field that does not begin with one is a part of its text. A row with
 * more or fewer fields than columns makes no record. Empty lines are none.
 * @throws StreamsError `TOPOLOGY_TOPIC_MISSING`; RangeError without both a header and columns, or for a
 * delimiter that tells no fields apart
 */
export async function relayCsv<K, V, C extends string = string>(
  log: LogClient,
  topic: Topic<K, V>,
  options: CsvRelayOptions<K, V, C>,
): Promise<Connector> {
  if (options.header === false && options.columns === undefined)
    throw new RangeError('relayCsv: a file without a header needs "columns", in the order of its fields');
  return startFileRelay({ log, topic, options, format: csvFormat(options) });
}

interface CsvForm {
  readonly columns: readonly string[] | undefined;
  readonly delimiter: string;
}

function csvFormat<K, V, C extends string>(options: CsvRelayOptions<K, V, C>): FileFormat<K, V> {
  const { columns, header = true, record } = options;
  const form = { columns, delimiter: csvDelimiter(options.delimiter) };
  // Rows have the columns that the types say: the header is checked for them.
  const toRecord = record as CsvRelayOptions<K, V>['record'];
  return {
    lines: { csvDelimiter: form.delimiter },
    open: async (file, position) =>
      rowReader(form, header ? await headerBefore(file, position, form) : columns, toRecord),
  };
}

/** The names of the columns, where the header has been read already. */
async function headerBefore(
  file: string,
  { offset }: FilePosition,
  form: CsvForm,
): Promise<readonly string[] | undefined> {
  if (offset === 0) return undefined;
  const head = await FileLines.open(file, undefined, { csvDelimiter: form.delimiter });
  try {
    for (;;) {
      const [first] = await head.read(1, { isWhole: true });
      if (first === undefined) return undefined;
      if (first.text !== '') return headerOf(first.text, form);
    }
  } finally {
    await head.close();
  }
}

function rowReader<K, V>(
  form: CsvForm,
  known: readonly string[] | undefined,
  record: CsvRelayOptions<K, V>['record'],
): LineReader<K, V> {
  let columns = known;
  return (line, place) => {
    if (line === '') return undefined;
    if (columns === undefined) {
      columns = headerOf(line, form);
      return undefined;
    }
    const fields = fieldsOf(line, form);
    if (fields.length !== columns.length) {
      throw new TypeError(
        `It has ${fields.length} fields, of ${columns.length} columns: ${columns.join(', ')}`,
      );
    }
    return record(Object.fromEntries(columns.map((name, index) => [name, fields[index]!])), place);
  };
}

/** @throws RangeError where a column is missing that is asked for */
function headerOf(line: string, form: CsvForm): readonly string[] {
  const found = fieldsOf(line, form);
  const missing = form.columns?.filter((name) => !found.includes(name)) ?? [];
  if (missing.length === 0) return found;
  throw new RangeError(
    `The header has no ${missing.map((name) => `"${name}"`).join(', ')}; it has ${found.join(', ')}. Name the delimiter, or say header: false where the first line is a row`,
  );
}

/** @throws TypeError for a line that is no CSV */
function fieldsOf(line: string, { delimiter }: CsvForm): readonly string[] {
  const { data, errors } = Papa.parse<string[]>(line, { delimiter, newline: '\n' });
  if (errors.length > 0) throw new TypeError(errors[0]!.message);
  if (data.length > 1)
    throw new TypeError(`It is ${data.length} rows: a quote is not where a field begins or ends`);
  return data[0] ?? [];
}
