import {
  json,
  keyValueStore,
  long,
  number,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  type Topology,
  topic,
} from '@millrace/streams-core';
import { lockOf, planChange, type Verdict } from '@millrace/streams-core/runtime';
import { describe, expect, test } from 'vitest';
import { caughtUp, eventually, withLog, write } from '../support.ts';

// Each kind of change, with what is planned for it, and with the state that an app has before and after it.

const sales = topic('sales', { key: string(), value: json<number>() });
const returns = topic('returns', { key: string(), value: json<number>() });
const numbered = topic('numbered', { key: number(), value: json<number>() });
const hour = 3_600_000;

type Build = (builder: StreamsBuilder) => void;

const made = (build: Build): Topology => {
  const builder = new StreamsBuilder();
  build(builder);
  return builder.build();
};

const counts =
  (options: object = {}): Build =>
  (builder) =>
    void builder
      .stream(sales)
      .groupByKey()
      .count({ as: 'counts', ...options });
const sums: Build = (builder) =>
  void builder
    .stream(sales)
    .groupByKey()
    .aggregate({ initial: () => 0, add: (a, b) => a + b, as: 'counts', value: json<number>() });
const windows =
  (sizeMs: number, retentionMs?: number): Build =>
  (builder) =>
    void builder
      .stream(sales)
      .groupByKey()
      .windowedBy(TimeWindows.of(sizeMs))
      .count({ as: 'counts', ...(retentionMs === undefined ? {} : { retentionMs }) });
const both =
  (...builds: Build[]): Build =>
  (builder) => {
    for (const build of builds) build(builder);
  };
const others: Build = (builder) => void builder.stream(returns).groupByKey().count({ as: 'others' });
const regrouped =
  (name: string): Build =>
  (builder) =>
    void builder
      .stream(sales)
      .groupBy((value) => String(value), { key: string(), name })
      .count({ as: 'counts' });
const byHand =
  (key: typeof string | typeof number): Build =>
  (builder) => {
    const store = keyValueStore({ name: 'counts', key: (key as typeof string)(), value: long() });
    builder.stream(key === string ? sales : (numbered as never)).process(
      (context) => {
        const rows = context.store(store);
        return (record: { readonly key: string }) => rows.put(record.key, 1);
      },
      { stores: [store] },
    );
  };
const unlogged = counts({ logging: false });

interface Kind {
  readonly before: Build;
  readonly after: Build;
  readonly verdict: Verdict;
  readonly says: string;
  /** Whether the row of `mug` is there after it. */
  readonly keeps: boolean;
  readonly changelogConfigs?: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, Kind>> = {
  'nothing that matters': {
    before: counts(),
    after: (builder) =>
      void builder
        .stream(sales)
        .peek(() => {})
        .groupByKey()
        .count({ as: 'counts' }),
    verdict: 'safe',
    says: '1 unnamed peek more than before',
    keeps: true,
  },
  'a new store': {
    before: counts(),
    after: both(counts(), others),
    verdict: 'safe',
    says: 'store "others" is new',
    keeps: true,
  },
  'a store that goes': {
    before: both(counts(), others),
    after: counts(),
    verdict: 'leaves-topic',
    says: 'store "others" is gone: its changelog stays: delete it when you are sure',
    keeps: true,
  },
  'a store that is renamed': {
    before: counts(),
    after: counts({ as: 'totals' }),
    verdict: 'loses-state',
    says: `store "counts" is gone and "totals" is new: if they are the same, give it the old name back with { as: 'counts' }`,
    keeps: false,
  },
  'another kind of store': {
    before: counts(),
    after: windows(hour),
    verdict: 'loses-state',
    says: 'was of kind key-value and is of kind window now',
    keeps: false,
  },
  'another value': {
    before: counts(),
    after: sums,
    verdict: 'loses-state',
    says: 'was with the value serde long',
    keeps: false,
  },
  'another key': {
    before: byHand(string),
    after: byHand(number),
    verdict: 'loses-state',
    says: 'was with the key serde string',
    keeps: false,
  },
  'windows of another size': {
    before: windows(hour, 4 * hour),
    after: windows(2 * hour, 4 * hour),
    verdict: 'loses-state',
    says: 'for windows of ms 3600000',
    keeps: false,
  },
  'windows that are kept longer': {
    before: windows(hour),
    after: windows(hour, 5 * hour),
    verdict: 'safe',
    says: 'keeps windows for 18000000 ms, not 3600000',
    changelogConfigs: { 'retention.ms': String(48 * hour) },
    keeps: true,
  },
  'a store that moves to another sub-topology': {
    before: counts(),
    after: both(others, counts()),
    verdict: 'restores',
    says: 'moves from sub-topology 0 to 1, and is restored there',
    keeps: true,
  },
  'a store without a changelog that moves': {
    before: unlogged,
    after: both(others, unlogged),
    verdict: 'loses-state',
    says: 'has no changelog and moves from sub-topology 0 to 1',
    keeps: false,
  },
  'a store that moves to memory': {
    before: counts(),
    after: counts({ persistent: false }),
    verdict: 'restores',
    says: 'moves from disk to memory, and is restored',
    keeps: true,
  },
  'a changelog that goes': {
    before: counts(),
    after: unlogged,
    verdict: 'leaves-topic',
    says: 'has no changelog any more',
    keeps: true,
  },
  'a changelog that comes': {
    before: unlogged,
    after: counts(),
    verdict: 'loses-state',
    says: 'gets a changelog, which does not have the rows of before',
    keeps: true,
  },
  'another topic in between': {
    before: regrouped('by-value'),
    after: regrouped('regrouped'),
    verdict: 'loses-state',
    says: 'what waits in',
    keeps: true,
  },
};

describe('operators in a lock file', () => {
  const named =
    (...names: readonly string[]): Build =>
    (builder) => {
      let stream = builder.stream(sales);
      for (const name of names) {
        stream = name.startsWith('map')
          ? stream.mapValues((value) => value, { name })
          : stream.filter(() => true, name === '' ? {} : { name });
      }
      stream.to(returns);
    };
  const said = (before: Build, after: Build): string[] =>
    planChange(lockOf(made(before)), lockOf(made(after))).map(({ verdict, what }) => `${verdict}: ${what}`);

  test.each([
    ['that are the same say nothing', named('positive', ''), named('positive', ''), []],
    ['that are new', named(), named('positive'), ['safe: operator "positive" (filter) is new']],
    [
      'that are gone',
      named('positive', 'cheap'),
      named('cheap'),
      ['safe: operator "positive" (filter) is gone'],
    ],
    [
      'that come in another order',
      named('positive', 'cheap'),
      named('cheap', 'positive'),
      [
        'safe: operator "cheap" comes after others now, not positive',
        'safe: operator "positive" comes after cheap now, not others',
      ],
    ],
    ['without names are counted', named('', ''), named(''), ['safe: 1 unnamed filter less than before']],
  ] as const)('%s', (_, before, after, expected) => {
    expect(said(before, after).toSorted()).toEqual([...expected].toSorted());
  });

  test('are not compared with a lock file of before', () => {
    const { nodes: _, ...last } = lockOf(made(named('positive')));
    expect(planChange(last, lockOf(made(named('cheap'))))).toEqual([]);
  });
});

describe.each(Object.entries(kinds))('%s', (_, { before, after, verdict, says, keeps, changelogConfigs }) => {
  test('is planned', () => {
    const changes = planChange(lockOf(made(before)), lockOf(made(after)));
    const worst = changes.find((change) => change.verdict === verdict);
    expect(changes.filter((change) => change.verdict === 'loses-state').length > 0).toBe(
      verdict === 'loses-state',
    );
    expect(`${worst?.what}${worst?.remedy === undefined ? '' : `: ${worst.remedy}`}`).toContain(says);
  });

  test('does that to the state', async () => {
    await withLog(async (log, stateDir) => {
      const names = ['sales', 'returns', 'numbered'];
      await log.admin.createTopics(names.map((name) => ({ name, partitions: 1 })));
      await write(log, sales, [['mug', 1]]);
      const config = { applicationId: 'shop', log, stateDir };
      const first = new StreamsApp(made(before), config);
      await first.start();
      await caughtUp(log, 'shop', 'sales');
      await eventually('its row is there', async () => (await rowsOf(first)) === 1);
      await first.close();
      if (verdict === 'loses-state') {
        const refused = new StreamsApp(made(after), config);
        await expect(refused.start()).rejects.toMatchObject({ code: 'TOPOLOGY_CHANGED' });
        await refused.close().catch(() => {});
      }
      // The remedy for windows that are kept longer.
      if (changelogConfigs !== undefined)
        await log.admin.alterTopics([{ name: 'shop-counts-changelog', configs: changelogConfigs }]);
      const second = new StreamsApp(made(after), {
        ...config,
        allowTopologyChange: verdict === 'loses-state',
      });
      await second.start();
      await eventually('it runs', () => second.state === 'running');
      // What would be read wrongly cannot be read at all, or is not there.
      const rows = await rowsOf(second).catch(() => 0);
      if (keeps) expect(rows).toBe(1);
      else if (!says.includes('read wrongly') && verdict === 'loses-state') expect(rows).toBeLessThan(2);
      await second.close().catch(() => {});
    });
  });
});

/** How many rows the store has, by whichever of its names. */
async function rowsOf(app: StreamsApp): Promise<number> {
  const name = app.topology.stores.has('counts') ? 'counts' : 'totals';
  return app.store(name).approximateCount();
}
