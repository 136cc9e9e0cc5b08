import type { SessionStore, ValueAndTimestamp, WindowStore } from '@millrace/state-stores';
import type { StateStore } from '@millrace/state-stores/runtime';
import { json, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { buildScenario } from './build-topology.ts';
import { comparisons } from './compare.ts';
import { type CompareMode, type Scalar, Scenario, type ScenarioOutput, type ScenarioStep } from './schema.ts';

/** What came of a scenario: one line for each step or check that failed. */
export interface ScenarioResult {
  readonly id: string;
  readonly failures: readonly string[];
}

/**
 * Runs one scenario: builds its topology, pipes its input, compares outputs and stores with what it expects.
 * @throws ZodError for one that is not in the format; UnsupportedScenario for one that asks for what is not
 * there
 */
export async function runScenario(description: unknown): Promise<ScenarioResult> {
  const scenario = Scenario.parse(description);
  const { topology, inputs, outputs } = buildScenario(scenario);
  const initialWallClockMs = scenario.config?.wallClockStartMs ?? 0;
  const driver = new TopologyTestDriver(topology, {
    initialWallClockMs,
    cacheMaxBytes: scenario.cacheBytes ?? 0,
    emitIntervalMs: scenario.config?.emitIntervalMs ?? 0,
  });
  const failures: string[] = [];
  const all: ScenarioOutput[] = [];
  for (const [index, step] of scenario.steps.entries()) {
    const thrown = await runStep(driver, inputs, step);
    if ((thrown !== undefined) !== (step.error ?? false)) {
      failures.push(`step ${index + 1}: ${thrown === undefined ? 'nothing was thrown' : describe(thrown)}`);
    }
    // After an error the driver answers every read with it.
    if (thrown !== undefined) break;
    const found = read(driver, outputs);
    all.push(...found);
    if (step.out !== undefined)
      failures.push(...compare(scenario, outputs, { found, expected: step.out }, `step ${index + 1}`));
    failures.push(...(await checkState(driver, scenario, index + 1)));
  }
  if (scenario.out !== undefined)
    failures.push(...compare(scenario, outputs, { found: all, expected: scenario.out }, 'all steps'));
  for (const absent of scenario.absentKeys ?? []) {
    if (all.some(({ key }) => innerKey(key) === absent))
      failures.push(`key ${JSON.stringify(absent)} appeared`);
  }
  await driver.close();
  return { id: scenario.id, failures };
}

async function runStep(
  driver: TopologyTestDriver,
  inputs: ReturnType<typeof buildScenario>['inputs'],
  step: ScenarioStep,
): Promise<unknown> {
  try {
    if ('advanceWallClock' in step) driver.advanceWallClockTime(step.advanceWallClock);
    else {
      for (const { topic: name, key, value, ts } of [step.in].flat()) {
        driver.createInputTopic(inputs.get(name)!).pipeInput(key, value, { timestamp: ts });
      }
    }
    await driver.settled();
    return undefined;
  } catch (error) {
    return error ?? new Error('undefined was thrown');
  }
}

function read(driver: TopologyTestDriver, outputs: readonly string[]): ScenarioOutput[] {
  return [...new Set(outputs)].flatMap((name) => {
    const queue = driver.createOutputTopic(topic(name, { key: json<unknown>(), value: json<Scalar>() }));
    return queue
      .readRecordsToList()
      .map(({ key, value, timestamp }) => ({ topic: name, key: flatKey(key), value, ts: timestamp }));
  });
}

/** `{key, window: {start, end}}` as scenarios write it. */
function flatKey(key: unknown): ScenarioOutput['key'] {
  if (typeof key !== 'object' || key === null) return key as Scalar;
  const windowed = key as { key: Scalar; window: { start: number; end: number | null } };
  // JSON has no infinity.
  return { key: windowed.key, start: windowed.window.start, end: windowed.window.end ?? 'max' };
}

function innerKey(key: ScenarioOutput['key']): Scalar {
  return typeof key === 'object' && key !== null ? key.key : key;
}

function compare(
  scenario: Scenario,
  outputs: readonly string[],
  { found, expected }: Record<'found' | 'expected', readonly ScenarioOutput[]>,
  where: string,
): string[] {
  return [...new Set(outputs)].flatMap((name) => {
    const of = (list: readonly ScenarioOutput[]) => list.filter((one) => one.topic === name);
    const difference = comparisons[modeFor(scenario, name)](of(found), of(expected));
    return difference === undefined ? [] : [`${where}, topic ${name}: ${difference}`];
  });
}

function modeFor({ compare: mode }: Scenario, name: string): CompareMode {
  return typeof mode === 'object' ? (mode[name] ?? 'exact') : (mode ?? 'exact');
}

async function checkState(driver: TopologyTestDriver, scenario: Scenario, step: number): Promise<string[]> {
  const failures: string[] = [];
  for (const { store, after, key, entries } of scenario.state ?? []) {
    if ((after ?? scenario.steps.length) !== step) continue;
    const found = (await contents(driver.getAllStateStores().get(store)!)).filter(
      (entry) => key === undefined || innerKey(entry.key) === key,
    );
    const wanted = entries.map((entry) => ({ ...entry, topic: store }));
    const difference = comparisons.perKeySet(found, wanted);
    if (difference !== undefined) failures.push(`store ${store} after step ${step}: ${difference}`);
  }
  return failures;
}

/** Stores with the timestamps that their public faces leave out. */
interface Rows extends StateStore {
  range(): AsyncIterable<readonly [unknown, ValueAndTimestamp<unknown>]>;
}
type Sessions = StateStore & SessionStore<unknown, unknown>;
type Windows = StateStore & WindowStore<unknown, unknown> & { readonly windowSizeMs: number };

async function contents(store: StateStore): Promise<ScenarioOutput[]> {
  const found: ScenarioOutput[] = [];
  const add = (key: unknown, value: unknown, ts: number): number =>
    found.push({ topic: store.name, key: key as Scalar, value: value as Scalar, ts });
  switch (store.kind) {
    case 'key-value':
    case 'versioned':
      for await (const [key, { value, timestamp }] of (store as Rows).range()) add(key, value, timestamp);
      break;
    case 'session':
      for await (const { key, start, end, value } of (store as Sessions).all())
        add({ key, start, end }, value, end);
      break;
    case 'window':
      for await (const { key, start, value, timestamp } of (store as Windows).all())
        add({ key, start, end: windowEnd(start + (store as Windows).windowSizeMs) }, value, timestamp);
      break;
  }
  return found;
}

function windowEnd(end: number): number | 'max' {
  return Number.isFinite(end) ? end : 'max';
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : JSON.stringify(thrown);
}
