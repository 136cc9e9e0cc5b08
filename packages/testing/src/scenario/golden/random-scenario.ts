import { type Op, Scenario, type Scalar, type ScenarioStep } from '../schema.ts';
import { Random } from './random.ts';
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

function scenarioOf(id: string, family: Family, random: Random): Scenario {
  const sources = family.topology.filter((op) => 'topic' in op && op.op !== 'to') as Extract<
    Op,
    { op: 'stream' | 'table' | 'globalTable' }
  >[];
  let time = random.whole(0, 50);
  const made: ScenarioStep[] = [];
  for (let index = 0; index < steps; index++) {
    // Mostly forward, sometimes far ahead, sometimes back: late records belong to every run.
    time += random.pick([0, 1, 3, 7, 12, 40, 150]);
    const back = random.chance(0.3) ? random.whole(0, 120) : 0;
    const source = random.pick(sources);
    const value = valueOf(source, family, random);
    const at = Math.max(0, time - back);
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
