import type { TopicRecord } from '@millrace/streams-core';
import Papa from 'papaparse';
import { csvDelimiter } from './csv-quotes.ts';

/** How records become lines of a file. */
export interface LineFormat<in K, in V> {
  /** Without a dot. */
  readonly extension: string;
  /** The first line of each file. */
  readonly header?: string;
  /** A record as a line, without its end; undefined: none. */
  line(record: TopicRecord<K, V>): string | undefined;
}

export interface JsonLinesOptions<K, V> {
  /** What a record's line has; undefined: no line. Default: key, value, timestamp, partition and offset. */
  readonly line?: (value: V | null, record: TopicRecord<K, V>) => unknown;
}

/** A line of JSON for each record. */
export function jsonLines<K, V>(options: JsonLinesOptions<K, V> = {}): LineFormat<K, V> {
  const { line = wholeRecord } = options;
  return { extension: 'jsonl', line: (record) => JSON.stringify(line(record.value, record)) };
}

function wholeRecord(_: unknown, record: TopicRecord<unknown, unknown>): unknown {
  const { key, value, timestamp, partition, offset } = record;
  return { key, value, timestamp, partition, offset };
}

/** What CSV has a text for. */
export type CsvField = string | number | bigint | boolean | Date | null | undefined;

export interface CsvLinesOptions<K, V, C extends string> {
  /** In their order; they are each file's header. */
  readonly columns: readonly C[];
  /** A record's fields; undefined: no line. */
  readonly row: (
    value: V | null,
    record: TopicRecord<K, V>,
  ) => Readonly<Partial<Record<NoInfer<C>, CsvField>>> | undefined;
  /** What is between two fields. Default: a comma. */
  readonly delimiter?: string;
}

/**
 * A line of CSV for each record, quoted where need be. Dates are in ISO 8601; what is missing is empty.
 * @throws RangeError for a delimiter that tells no fields apart
 */
export function csvLines<K, V, C extends string = string>(
  options: CsvLinesOptions<K, V, C>,
): LineFormat<K, V> {
  const { columns, row } = options;
  const delimiter = csvDelimiter(options.delimiter);
  // One empty field alone would be an empty line, which is no row.
  const lineOf = (fields: readonly unknown[]): string => Papa.unparse([fields], { delimiter }) || '""';
  return {
    extension: 'csv',
    header: lineOf(columns),
    line: (record) => {
      const fields = row(record.value, record);
      return fields === undefined ? undefined : lineOf(columns.map((name) => textOf(fields[name])));
    },
  };
}

function textOf(field: CsvField): string | number | boolean | null {
  if (field instanceof Date) return field.toISOString();
  return typeof field === 'bigint' ? String(field) : (field ?? null);
}
