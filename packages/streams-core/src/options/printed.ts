import type { Named } from './named.ts';

/** How records are printed. */
export interface Printed<in K, in V> extends Named {
  /** Before each record, in brackets. */
  readonly label?: string;
  /** What to print of a record. Default: key and value, as JSON where they are no text. */
  readonly format?: (value: V, key: K) => string;
  /** Where to. Default: standard output. */
  readonly write?: (line: string) => void;
}

/** The action that prints a record. */
export function printed<K, V>({
  label,
  format = (value, key) => `${show(key)}, ${show(value)}`,
  write = console.log,
}: Printed<K, V>): (value: V, key: K) => void {
  const prefix = label === undefined ? '' : `[${label}]: `;
  return (value, key) => write(prefix + format(value, key));
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
