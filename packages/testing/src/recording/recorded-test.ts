import { asBuffer } from '@millrace/log-client';
import type { Topology } from '@millrace/streams-core';
import { realNames } from '@millrace/streams-core/runtime';
import { eventsOf, type Step } from '../steps/step.ts';

export interface RecordedTestOptions {
  readonly topology: Topology;
  /** How the test gets at the topology: statements that import it, and an expression. */
  readonly imports: string;
  readonly expression: string;
  /** Default `test-app`. */
  readonly applicationId?: string;
}

/** A test file for vitest that gives a topology what some steps were given, and expects what they wrote. */
export function recordedTest(
  steps: readonly Step[],
  { topology, imports, expression, applicationId = 'test-app' }: RecordedTestOptions,
): string {
  const real = realNames(topology, applicationId);
  const own = new Set([...topology.repartitionTopics.keys()].map((name) => real(name)));
  const results = steps.flatMap((step) => eventsOf(step, 'result')).filter(({ topic }) => !own.has(topic));
  const inputs = new Set(steps.flatMap(({ cause }) => (cause.type === 'record' ? [cause.topic] : [])));
  const outputs = new Set(results.map(({ topic }) => topic));
  const lines = [
    "import { bytes, nullable, topic } from '@millrace/streams-core';",
    "import { TopologyTestDriver } from '@millrace/testing';",
    "import { expect, test } from 'vitest';",
    imports,
    '',
    'const raw = (name) => topic(name, { key: bytes(), value: nullable(bytes()) });',
    "const text = (bytes) => (bytes === null ? null : Buffer.from(bytes).toString('utf8'));",
    "const base64 = (coded) => Buffer.from(coded, 'base64');",
    ...(hasFailures(steps) ? leaveOut : []),
    '',
    "test('gives what it gave when it was recorded', async () => {",
    `  const driver = new TopologyTestDriver(${expression}${hasFailures(steps) ? ', { ...leaveOut }' : ''});`,
    ...[...inputs].map((name, n) => `  const input${n} = driver.createInputTopic(raw(${literal(name)}));`),
    ...[...outputs].map((name, n) => `  const output${n} = driver.createOutputTopic(raw(${literal(name)}));`),
    ...steps.map((step) => `  ${given(step, [...inputs])}`),
    '  await driver.settled();',
    ...[...outputs].flatMap((name, n) => [
      `  expect(`,
      `    output${n}.readRecordsToList().map(({ key, value, timestamp }) => [text(key), text(value), timestamp]),`,
      '  ).toEqual([',
      ...results
        .filter(({ topic }) => topic === name)
        .map(
          ({ record: { key, value, timestamp } }) => `    [${shown(key)}, ${shown(value)}, ${timestamp}],`,
        ),
      '  ]);',
    ]),
    '  await driver.close();',
    '});',
  ];
  return `${lines.join('\n')}\n`;
}

const hasFailures = (steps: readonly Step[]): boolean =>
  steps.some((step) => eventsOf(step, 'failure').length > 0);

/** As when it was replayed: what fails is left out. */
const leaveOut = [
  "const leave = () => 'continue';",
  'const leaveOut = {',
  '  deserializationExceptionHandler: leave,',
  '  processingExceptionHandler: leave,',
  '  productionExceptionHandler: leave,',
  '};',
];

function given({ cause }: Step, inputs: readonly string[]): string {
  if (cause.type === 'restart') return 'driver.restart();';
  if (cause.type === 'time') return `driver.advanceWallClockTime(${cause.advancedMs});`;
  const { key, value, timestamp, headers } = cause.record;
  const kept = headers.map((one) => `{ key: ${literal(one.key)}, value: ${buffer(one.value)} }`);
  const options = [
    `timestamp: ${timestamp}`,
    ...(kept.length === 0 ? [] : [`headers: [${kept.join(', ')}]`]),
  ];
  const input = `input${inputs.indexOf(cause.topic)}`;
  return `${input}.pipeInput(${buffer(key)}, ${buffer(value)}, { ${options.join(', ')} });`;
}

/** A text in single quotes, whatever is in it. */
function literal(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** Bytes as the text that they are, else as base64. */
function buffer(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  const text = asBuffer(bytes).toString('utf8');
  if (Buffer.from(text).equals(asBuffer(bytes))) return `Buffer.from(${literal(text)})`;
  return `base64(${literal(asBuffer(bytes).toString('base64'))})`;
}

/** As the test's own `text` gives it. */
function shown(bytes: Uint8Array | string | null): string {
  if (bytes === null) return 'null';
  return literal(typeof bytes === 'string' ? bytes : asBuffer(bytes).toString('utf8'));
}
