import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse';
import type { Row } from './schemas.ts';
import { UsageError } from './usage-error.ts';

export type DataFile = 'sales' | 'shipments' | 'products';

export function dataPath(dir: string, file: DataFile): string {
  return path.join(dir, `${file}.csv`);
}

/** @throws UsageError naming the first file that is not there */
export async function assertDataFiles(dir: string): Promise<void> {
  for (const file of ['sales', 'shipments', 'products'] as const) {
    const name = dataPath(dir, file);
    await access(name, constants.R_OK).catch(() => {
      throw new UsageError(
        `Cannot read ${name}: --data must name a folder with sales.csv, shipments.csv and products.csv`,
      );
    });
  }
}

/**
 * The rows of a file, in their order. Short rows lack their last columns, long ones lose what has no column.
 */
export async function* rows(dir: string, file: DataFile): AsyncGenerator<Row> {
  const parser = createReadStream(dataPath(dir, file)).pipe(
    parse({ columns: true, bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true }),
  );
  for await (const row of parser) yield row as Row;
}

/** A hash of what is in the files. */
export async function fingerprint(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['sales', 'shipments', 'products'] as const) {
    hash.update(file);
    for await (const chunk of createReadStream(dataPath(dir, file))) hash.update(chunk as Buffer);
  }
  return hash.digest('hex').slice(0, 16);
}
