import type { StreamRecord } from '@millrace/streams-core';
import { expect } from 'vitest';
import { TestOutputTopic } from './test-output-topic.ts';

/** What a record must be; what is left out does not matter. */
export interface ExpectedRecord {
  readonly key?: unknown;
  readonly value?: unknown;
  /** In milliseconds. */
  readonly timestamp?: number;
  /** The headers' values as text, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface OutputMatchers<R> {
  /** Reads all that is left in an output topic: these records, in this order, and no others. */
  toHaveProduced(records: readonly ExpectedRecord[]): R;
  /** Reads all that is left in an output topic: the last values of these keys, and of no others. */
  toHaveProducedTable(rows: Readonly<Record<string, unknown>>): R;
}

declare module 'vitest' {
  interface Matchers<T> extends OutputMatchers<T> {}
}

function topicOf(received: unknown): TestOutputTopic<unknown, unknown> {
  if (received instanceof TestOutputTopic) return received as TestOutputTopic<unknown, unknown>;
  throw new TypeError('This matcher is for a TestOutputTopic: expect(driver.createOutputTopic(topic))');
}

/** As much of a record as is asked about. */
function asked(record: StreamRecord<unknown, unknown>, expected: ExpectedRecord | undefined): ExpectedRecord {
  const { key, value, timestamp } = record;
  if (expected === undefined) return { key, value, timestamp };
  const headers = Object.fromEntries(record.headers.map((header) => [header.key, String(header.value)]));
  return {
    ...('key' in expected ? { key } : {}),
    ...('value' in expected ? { value } : {}),
    ...('timestamp' in expected ? { timestamp } : {}),
    ...('headers' in expected ? { headers } : {}),
  };
}

expect.extend({
  toHaveProduced(received: unknown, expected: readonly ExpectedRecord[]) {
    const found = topicOf(received).readRecordsToList();
    const actual = found.map((record, index) => asked(record, expected[index]));
    return {
      pass: this.equals(actual, expected),
      message: () => `the records produced ${this.isNot ? 'are not to be these' : 'are not those expected'}`,
      actual,
      expected,
    };
  },

  toHaveProducedTable(received: unknown, expected: Readonly<Record<string, unknown>>) {
    const actual: Record<string, unknown> = {};
    for (const { key, value } of topicOf(received).readRecordsToList()) {
      const name = typeof key === 'string' ? key : JSON.stringify(key);
      if (value === null) delete actual[name];
      else actual[name] = value;
    }
    return {
      pass: this.equals(actual, expected),
      message: () => `the rows produced ${this.isNot ? 'are not to be these' : 'are not those expected'}`,
      actual,
      expected,
    };
  },
});
