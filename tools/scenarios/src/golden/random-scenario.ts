import { type Op, Scenario, type Scalar, type ScenarioStep } from '../schema.ts';
import { Random } from './random.ts';
import { EdgeTimes, spansOf, stretched } from './random-times.ts';
import { type Family, families } from './random-topology.ts';

const steps = 24;
const keys = ['A', 'B', 'C', 'D'];

/** `count` scenarios of all families in turn, without expectations; the same for the same seed. */
export function randomScenarios(count: number, seed: number): Scenario[] {
  const names = Object.keys(families);
  return Array.from({ length: count }, (_, index) => {
    const random = new Random(seed * 100_003 + index);
    const name = names[index % names.length]!;
    return scenarioOf(`random/${name}-${seed}-${index}`, families[name]!(random), random);
  });
}

function scenarioOf(id: string, drawn: Family, random: Random): Scenario {
  // So that segments of stores, a minute long at least, expire in some runs.
  const family = { ...drawn, topology: stretched(drawn.topology, random.pick([1, 1, 4000])) };
  const times = new EdgeTimes(random, spansOf(family.topology));
  const sources = family.topology.filter((op) => 'topic' in op && op.op !== 'to') as Extract<
    Op,
    { op: 'stream' | 'table' | 'globalTable' }
  >[];
  const made: ScenarioStep[] = [];
  for (let index = 0; index < steps; index++) {
    const source = random.pick(sources);
    const value = valueOf(source, family, random);
    const at = times.next();
    const ts = family.deletesApart === true ? 2 * at + (value === null ? 1 : 0) : at;
    made.push({ in: { topic: source.topic, key: random.pick(keys), value, ts } });
  }
  return Scenario.parse({
    id,
    cacheBytes: 0,
    topology: family.topology,
    steps: made,
    ...(family.compare === undefined ? {} : { compare: family.compare }),
  });
}

function valueOf(
  { op, topic, value }: { readonly op: string; readonly topic: string; readonly value: string },
  { tombstones, values }: Family,
  random: Random,
): Scalar {
  if ((op !== 'stream' || tombstones === true) && random.chance(0.25)) return null;
  const own = values?.[topic];
  if (own !== undefined) return own(random);
  return value === 'string' ? random.pick(['a', 'b', 'c', 'd', 'e']) : random.whole(0, 20);
}
