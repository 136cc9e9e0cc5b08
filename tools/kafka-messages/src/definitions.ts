// Kafka's message definitions: JSON with comments, in the jar of its clients.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { classPath } from '@millrace/kafka-broker';

/** From `first` to `last`, both included; empty where `last` is smaller. */
export interface VersionRange {
  readonly first: number;
  readonly last: number;
}

export interface FieldDefinition {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly ignorable?: boolean;
  readonly default?: string | number | boolean;
  readonly fields?: readonly FieldDefinition[];
}

export interface MessageDefinition {
  readonly apiKey: number;
  readonly name: string;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly FieldDefinition[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly FieldDefinition[] }[];
}

const none: VersionRange = { first: 0, last: -1 };

export function versionRange(text: string | undefined): VersionRange {
  if (text === undefined || text === 'none') return none;
  const [first, last] = text.split('-');
  if (text.endsWith('+')) return { first: Number.parseInt(text, 10), last: Number.POSITIVE_INFINITY };
  return { first: Number(first), last: Number(last ?? first) };
}

export function overlap(a: VersionRange, b: VersionRange): VersionRange {
  return { first: Math.max(a.first, b.first), last: Math.min(a.last, b.last) };
}

export function isEmpty({ first, last }: VersionRange): boolean {
  return last < first;
}

export function covers(outer: VersionRange, inner: VersionRange): boolean {
  return outer.first <= inner.first && outer.last >= inner.last;
}

/** The definitions of a Kafka version by their names, such as `FetchRequest`. */
export async function loadDefinitions(version: string): Promise<(name: string) => MessageDefinition> {
  const jars = (await classPath(version)).split(path.delimiter);
  const jar = jars.find((name) => /kafka-clients-[\d.]+\.jar$/.test(name));
  if (jar === undefined) throw new Error(`Kafka ${version} came without kafka-clients: ${jars.join(' ')}`);
  const dir = mkdtempSync(path.join(tmpdir(), 'kafka-messages-'));
  try {
    execFileSync('jar', ['xf', jar, 'common/message'], { cwd: dir });
    const folder = path.join(dir, 'common/message');
    const byName = new Map(
      readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .map((file) => [path.basename(file, '.json'), parse(readFileSync(path.join(folder, file), 'utf8'))]),
    );
    return (name) => {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`Kafka ${version} has no message ${name}`);
      return found;
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function parse(text: string): MessageDefinition {
  const bare = text.replaceAll(/^\s*\/\/.*$/gm, '').replaceAll(/,\s*\/\/.*$/gm, ',');
  return JSON.parse(bare) as MessageDefinition;
}
