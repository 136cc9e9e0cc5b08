import type { EmbeddedLog } from '@millrace/embedded-log';
import { readAll } from '@millrace/log-client/conformance';
import {
  evolving,
  json,
  migration,
  minutes,
  type Serde,
  StreamsApp,
  StreamsBuilder,
  string,
  TimeWindows,
  topic,
} from '@millrace/streams-core';
import { migrateState } from '@millrace/streams-core/runtime';
import { expect, test } from 'vitest';
import { caughtUp, withLog, write } from '../support.ts';

interface One {
  readonly words: string;
}
interface Two {
  readonly list: readonly string[];
}

const people = topic('people', { key: string(), value: string() });
const one = json<One>();
const steps: string[] = [];
const toTwo = migration(one, ({ words }): Two => {
  steps.push(words);
  return { list: words.split(' ') };
});
const two = evolving(json<Two>(), { version: 2, migrate: { 1: toTwo } });
/** As a later program may have it, once nothing of version 1 is left. */
const three = evolving(json<Two & { readonly n: number }>(), {
  version: 3,
  migrate: {
    1: migration(one, (): Two => {
      throw new Error('there was a row of version 1');
    }),
    2: migration(json<Two>(), (old) => ({ ...old, n: old.list.length })),
  },
});

/** The same stores of every kind, whose values are what `of` makes of a text. */
function build<T>(value: Serde<T>, of: (text: string) => T) {
  const builder = new StreamsBuilder();
  const stream = builder.stream(people);
  const grouped = stream.groupByKey();
  const latest = { initial: () => of(''), add: (_: T, text: string) => of(text) };
  grouped.aggregate({ ...latest, as: 'plain', value });
  grouped
    .windowedBy(TimeWindows.of(minutes(1)).grace(minutes(60)))
    .aggregate({ ...latest, as: 'windowed', value });
  grouped.aggregate({ ...latest, as: 'versioned', value, historyRetentionMs: minutes(60) });
  return builder.build();
}

async function run(
  log: EmbeddedLog,
  dir: string,
  topology: ReturnType<typeof build>,
  body: (app: StreamsApp) => Promise<void>,
): Promise<void> {
  const app = new StreamsApp(topology, { applicationId: 'app', log, stateDir: dir });
  await app.start();
  await caughtUp(log, 'app', people.name);
  await body(app);
  await app.close();
}

test('rows of every kind of store are written in the present version, once, and read by the next', {
  timeout: 30_000,
}, async () => {
  await withLog(async (log, dir) => {
    await log.admin.createTopics([{ name: people.name, partitions: 2 }]);
    await write(log, people, [
      ['ada', 'a b', 0],
      ['bob', 'c', 5],
      ['ada', 'a b d', minutes(2)],
    ]);
    const first = build(one, (words) => ({ words }));
    const second = build(two, (words) => ({ list: words.split(' ') }));
    const options = { applicationId: 'app', log };
    await run(log, dir, first, async () => {
      await expect(migrateState(second, options)).rejects.toThrow(
        'cannot be migrated while it runs: it has 1 instance. Stop them first',
      );
    });
    const counts = [
      { store: 'plain', rows: 2, migrated: 2 },
      { store: 'windowed', rows: 3, migrated: 3 },
      { store: 'versioned', rows: 3, migrated: 3 },
    ];
    const before = (await readAll(log, 'app-plain-changelog', 0)).length;
    expect(await migrateState(second, { ...options, dryRun: true })).toEqual(counts);
    expect(await readAll(log, 'app-plain-changelog', 0)).toHaveLength(before);
    expect(await migrateState(second, options)).toEqual(counts);
    expect(steps.length).toBeGreaterThan(0);
    expect(await migrateState(second, options)).toEqual(counts.map((row) => ({ ...row, migrated: 0 })));
    // Nothing of version 1 is left, and the rows kept their times.
    const third = build(three, (words) => ({ list: words.split(' '), n: 0 }));
    await run(log, dir, third, async (app) => {
      const plain = app.store('plain');
      expect(await plain.getRow('ada')).toEqual({
        key: 'ada',
        value: { list: ['a', 'b', 'd'], n: 3 },
        timestamp: minutes(2),
      });
      expect(await plain.get('bob')).toEqual({ list: ['c'], n: 1 });
      const windows = [];
      for await (const { key, value } of app.store('windowed').fetchAll()) windows.push([key, value]);
      expect(windows).toHaveLength(3);
      const versioned = app.store('versioned');
      expect((await versioned.getRow('ada', { asOf: 100 }))?.value).toEqual({ list: ['a', 'b'], n: 2 });
      expect((await versioned.getRow('ada'))?.value).toEqual({ list: ['a', 'b', 'd'], n: 3 });
    });
  });
});

test('what is not migrated says why, and a topology without versions has nothing to migrate', async () => {
  await withLog(async (log) => {
    const builder = new StreamsBuilder({ optimize: { reuseSourceTopics: true } });
    builder.table(topic('rows', { key: string(), value: two }), { as: 'source' });
    const options = { applicationId: 'other', log };
    const unlogged = new StreamsBuilder();
    unlogged
      .stream(people)
      .groupByKey()
      .aggregate({
        initial: (): Two => ({ list: [] }),
        add: (_, text) => ({ list: [text] }),
        as: 'memory',
        value: two,
        logging: false,
      });
    expect(await migrateState(unlogged.build(), options)).toEqual([
      { store: 'memory', rows: 0, migrated: 0, skipped: 'it has no changelog' },
    ]);
    expect(
      await migrateState(
        build(one, (words) => ({ words })),
        options,
      ),
    ).toEqual([]);
    expect(await migrateState(builder.build(), options)).toEqual([
      { store: 'source', rows: 0, migrated: 0, skipped: 'its rows are those of topic rows' },
    ]);
  });
});
