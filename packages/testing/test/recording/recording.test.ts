import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noHeaders } from '@millrace/log-client';
import { json, StreamsBuilder, string, topic } from '@millrace/streams-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  eventsOf,
  loadRecording,
  type Recording,
  type RecordingEntry,
  replay,
  saveRecording,
  TopologyRecorder,
  TopologyTestDriver,
} from '../../src/index.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'millrace-recording-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const bytes = fc.option(fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)));
const entry: fc.Arbitrary<RecordingEntry> = fc.oneof(
  fc.record({
    topic: fc.string({ minLength: 1 }),
    partition: fc.nat(5),
    record: fc.record({
      key: bytes,
      value: bytes,
      timestamp: fc.nat(),
      headers: fc.array(fc.record({ key: fc.string(), value: bytes }), { maxLength: 3 }),
    }),
  }),
  fc.record({ advanceMs: fc.nat() }),
  fc.constant({ restart: true } as const),
);

describe('a recording', () => {
  test('comes back from its file as it was, whatever is in it', async () => {
    const file = path.join(dir, 'any.jsonl');
    await fc.assert(
      fc.asyncProperty(fc.array(entry), fc.nat(), async (entries, missing) => {
        await saveRecording({ entries, missing }, file);
        expect(await loadRecording(file)).toEqual({ entries, missing });
      }),
      { numRuns: 50 },
    );
  });

  test('that is none says at which line', async () => {
    const file = path.join(dir, 'none.jsonl');
    for (const [text, message] of [
      ['', /none\.jsonl is no recording: it is empty/],
      ['{}\n', /at line 1: its first line is not that of a recording of version 1/],
      ['{"recording":1,"missing":0}\n{"restart":true}\nnot JSON\n', /at line 3: /],
    ] as const) {
      await writeFile(file, text);
      await expect(loadRecording(file)).rejects.toThrow(message);
    }
  });

  test('keeps the last records only, and says how many went', () => {
    const recorder = new TopologyRecorder({ maxRecords: 3 });
    const shared = Buffer.from('0');
    for (let n = 0; n < 10; n++) {
      shared.write(String(n));
      const record = { key: null, value: shared, timestamp: n, headers: noHeaders, offset: n };
      recorder.inputListener({ topic: 't', partition: 0, records: [record] });
    }
    const { entries, missing } = recorder.recording;
    // Its own: what was received is overwritten.
    const values = entries.map((one) => ('record' in one ? Buffer.from(one.record.value!).toString() : ''));
    expect([values, missing]).toEqual([['7', '8', '9'], 7]);
    expect(() => new TopologyRecorder({ maxRecords: 0 })).toThrow(/maxRecords is 0/);
  });
});

const orders = topic('orders', { key: string(), value: json<{ product: string; quantity: number }>() });

function totals() {
  const builder = new StreamsBuilder();
  builder
    .stream(orders)
    .groupBy(({ product }) => product, { key: string() })
    .aggregate({ initial: () => 0, add: (sum, { quantity }) => sum + quantity, as: 'totals' })
    .toStream()
    .to(topic('totals', { key: string(), value: json<number | null>() }));
  return builder.build();
}

test('the same recording makes the same steps, and those that a driver made as it was recorded', async () => {
  const products = fc.constantFrom('mug', 'pen', 'cup');
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ product: products, quantity: fc.integer({ min: -5, max: 5 }) }),
          fc.constant('junk'),
          fc.constant('restart'),
        ),
      ),
      async (values) => {
        const recorder = new TopologyRecorder();
        const driver = new TopologyTestDriver(totals(), {
          recorder,
          steps: true,
          deserializationExceptionHandler: () => 'continue',
        });
        const input = driver.createInputTopic(topic('orders', { key: string(), value: string() }));
        for (const [n, value] of values.entries()) {
          if (value === 'restart') driver.restart();
          else input.pipeInput(`k${n}`, value === 'junk' ? value : JSON.stringify(value), { timestamp: n });
        }
        await recorder.save(path.join(dir, 'steps.jsonl'));
        const recording: Recording = await loadRecording(path.join(dir, 'steps.jsonl'));
        const seen = (one: TopologyTestDriver) =>
          JSON.stringify(one.steps.map((step) => [step, eventsOf(step, 'failure').map(String)]));
        const [first, second] = [await replay(totals(), recording), await replay(totals(), recording)];
        expect(seen(first)).toBe(seen(second));
        expect(seen(first)).toBe(seen(driver));
        expect(first.steps).toHaveLength(values.length);
      },
    ),
    { numRuns: 30 },
  );
});
