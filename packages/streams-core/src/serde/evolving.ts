import { asBuffer, type Serde } from '@millrace/log-client';
import { TopologyError } from '../errors.ts';

/** From the values of one version to those of the next; made by `migration`, which knows both types. */
export interface Migration {
  /** Reads a value of the earlier version. */
  readonly read: (bytes: Uint8Array) => unknown;
  readonly step: (old: unknown) => unknown;
}

/** Steps by the version that each begins with. */
export type Migrations = Readonly<Record<number, Migration>>;

export interface EvolvingOptions {
  /** Of what is written now: 2 or more. What was written without a version is version 1. */
  readonly version: number;
  /** A step for every version before it. */
  readonly migrate: Migrations;
}

/** A zero byte and a `v`: no JSON and no schema registry's value begins so. */
const mark = '\u0000v';
const markBytes = Buffer.from(mark, 'latin1');
const headBytes = 3;
const lastVersion = 127;
/** Serdes whose own values may begin like the mark. */
const ambiguous = new Set(['bytes', 'string', 'long', 'double', 'integer']);

/**
 * A step from one version to the next: how values of the earlier one were written, and what becomes of them.
 */
export function migration<Old, New>(serde: Serde<Old>, migrate: (old: Old) => New): Migration {
  return { read: (bytes) => serde.deserialize(bytes), step: (old) => migrate(old as Old) };
}

/**
 * A serde for state that outlives changes of its type: values carry their version, and those of earlier ones
 * are migrated when they are read, on disk and in changelogs alike. Rows are written in the new version when
 * they next change, or all of them by `millrace migrate`.
 * @throws TopologyError for a missing step, or a serde whose values could be taken for versioned ones
 */
export function evolving<T>(serde: Serde<T>, { version, migrate }: EvolvingOptions): Serde<T> {
  assertSteps(version, migrate);
  if (ambiguous.has(serde.name ?? '')) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `evolving: values of the serde "${serde.name}" may begin with any byte, so that a version could not be told from a value; use json()`,
    );
  }
  const head = mark + String.fromCharCode(version);
  const headBuffer = Buffer.from(head, 'latin1');
  const read = (from: number, bytes: Uint8Array): T => {
    if (from === version) return serde.deserialize(bytes);
    if (from > version)
      throw new TypeError(
        `It is of version ${from}, and this program knows ${version}: it was written by a later one`,
      );
    let value: unknown = migrate[from]!.read(bytes);
    for (let step = from; step < version; step++) value = migrate[step]!.step(value);
    return value as T;
  };
  return {
    ...(serde.name === undefined ? {} : { name: serde.name }),
    ...(serde.check === undefined ? {} : { check: (value: T) => serde.check!(value) }),
    serialize: (value) => Buffer.concat([headBuffer, serde.serialize(value)]),
    deserialize: (bytes) => {
      const buffer = asBuffer(bytes);
      return isMarked(buffer) ? read(buffer[2]!, buffer.subarray(headBytes)) : read(1, buffer);
    },
    isCurrent: (bytes) => isMarked(asBuffer(bytes)) && bytes[2] === version,
  };
}

function isMarked(buffer: Buffer): boolean {
  return buffer.length >= headBytes && buffer.compare(markBytes, 0, 2, 0, 2) === 0;
}

function assertSteps(version: number, migrate: Migrations): void {
  if (!(Number.isInteger(version) && version >= 2 && version <= lastVersion)) {
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `evolving: the version must be a whole number from 2 to ${lastVersion}, got ${version}`,
    );
  }
  for (let step = 1; step < version; step++) {
    if (migrate[step] !== undefined) continue;
    throw new TopologyError(
      'TOPOLOGY_INVALID',
      `evolving: no step from version ${step} to ${step + 1}: values of version ${step} could not be read`,
    );
  }
}
