import { ProgramError } from './load.ts';

/** A record to be piped, or time to be moved on, in milliseconds. */
export type Input =
  | {
      readonly topic: string;
      readonly key: unknown;
      readonly value: unknown;
      readonly timestamp: number;
    }
  | { readonly advanceMs: number };

/**
 * Records as lines of JSON: `{"topic": "sales", "key": "mug", "value": 1, "timestamp": "12:00:30"}`. A
 * timestamp is in milliseconds, a date, or a time of one day; without one it is that of the line before.
 * `{"advanceMs": 60000}` moves the wall clock. Empty lines, and those that begin with `//`, are none.
 * @throws ProgramError that names the line
 */
export function parseInputs(text: string): readonly Input[] {
  let timestamp = 0;
  return text.split('\n').flatMap((line, index): Input[] => {
    if (line.trim() === '' || line.trim().startsWith('//')) return [];
    const fail = (why: string) => new ProgramError(`Line ${index + 1} of the records: ${why}`);
    const found = parsed(line, fail);
    if (typeof found['advanceMs'] === 'number') return [{ advanceMs: found['advanceMs'] }];
    if (typeof found['topic'] !== 'string') throw fail('it names no topic: {"topic": "sales", ...}');
    if (found['timestamp'] !== undefined) {
      timestamp = timeOf(found['timestamp']);
      if (Number.isNaN(timestamp)) throw fail(`${JSON.stringify(found['timestamp'])} is no time`);
    }
    return [{ topic: found['topic'], key: found['key'] ?? null, value: found['value'] ?? null, timestamp }];
  });
}

function parsed(line: string, fail: (why: string) => Error): Readonly<Record<string, unknown>> {
  let found: unknown;
  try {
    found = JSON.parse(line);
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (typeof found !== 'object' || found === null) throw fail('it is no object');
  return found as Readonly<Record<string, unknown>>;
}

function timeOf(timestamp: unknown): number {
  if (typeof timestamp === 'number') return timestamp;
  if (typeof timestamp !== 'string') return Number.NaN;
  const clock = /^(?<hours>\d\d):(?<minutes>\d\d)(?::(?<seconds>\d\d))?$/.exec(timestamp);
  return Date.parse(clock === null ? timestamp : `1970-01-01T${timestamp}${clock[3] ? '' : ':00'}Z`);
}
