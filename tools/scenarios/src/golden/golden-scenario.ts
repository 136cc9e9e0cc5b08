import type { CompareMode, Scenario, ScenarioOutput } from '../schema.ts';

/** What Kafka Streams' own test driver gave for a scenario. */
export interface GoldenResult {
  readonly id: string;
  /** Why it could not be run there. */
  readonly unsupported?: string;
  readonly steps?: readonly {
    readonly out: readonly ScenarioOutput[];
    readonly error?: boolean;
    readonly message?: string;
  }[];
  /** What the stores hold after each step. */
  readonly stores?: readonly (readonly {
    readonly store: string;
    readonly entries: NonNullable<Scenario['state']>[number]['entries'];
  }[])[];
}

/** Modes that look at only a part of the outputs are made whole; those that leave an order open stay. */
const whole: Readonly<Record<CompareMode, CompareMode>> = {
  exact: 'exact',
  perKey: 'perKey',
  perKeySet: 'perKeySet',
  lastPerKey: 'perKey',
  map: 'perKey',
  prefix: 'exact',
};

function wholeMode(mode: Scenario['compare']): Scenario['compare'] {
  if (mode === undefined) return 'exact';
  if (typeof mode === 'string') return whole[mode];
  return Object.fromEntries(Object.entries(mode).map(([topic, one]) => [topic, whole[one]]));
}

/**
 * The scenario with what Kafka Streams gave in place of what it expects: every step, and every store it
 * names.
 */
export function goldenScenario(scenario: Scenario, golden: GoldenResult): Scenario {
  const { out: _out, absentKeys: _absent, state: _state, ...rest } = scenario;
  const made = golden.steps ?? [];
  const named = new Set(
    scenario.topology.flatMap((op) => ('store' in op && op.store ? [op.store.name] : [])),
  );
  const steps = scenario.steps.slice(0, made.length).map((step, index) => {
    const { out, error } = made[index]!;
    const { error: _error, ...input } = step;
    return { ...input, out: [...out], ...(error === true ? { error } : {}) };
  });
  const state = (golden.stores ?? []).flatMap((stores, index) =>
    stores
      .filter(({ store }) => named.has(store))
      .map(({ store, entries }) => ({ store, entries: [...entries], after: index + 1 })),
  );
  return { ...rest, steps, state, compare: wholeMode(scenario.compare) };
}
