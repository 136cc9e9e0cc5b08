import {
  evolving,
  json,
  long,
  migration,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
} from '@millrace/streams-core';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { caughtUp, eventually, withLog, write } from '../runtime/support.ts';

interface First {
  readonly name: string;
}
interface Second {
  readonly first: string;
  readonly last: string;
}
const Third = z.object({ first: z.string(), last: z.string(), orders: z.number() });

const toSecond = migration(json<First>(), ({ name }): Second => {
  const [first = '', last = ''] = name.split(' ');
  return { first, last };
});
const toThird = migration(json<Second>(), (old) => ({ ...old, orders: 0 }));
const second = evolving(json<Second>(), { version: 2, migrate: { 1: toSecond } });
const third = evolving(json(Third), { version: 3, migrate: { 1: toSecond, 2: toThird } });

test('values of every earlier version are migrated when they are read', () => {
  const one = json<First>().serialize({ name: 'Ada Lovelace' });
  const two = second.serialize({ first: 'Ada', last: 'Lovelace' });
  const whole = { first: 'Ada', last: 'Lovelace', orders: 0 };
  expect(second.deserialize(one)).toEqual({ first: 'Ada', last: 'Lovelace' });
  expect(third.deserialize(one)).toEqual(whole);
  expect(third.deserialize(two)).toEqual(whole);
  expect(third.deserialize(third.serialize({ ...whole, orders: 7 }))).toEqual({ ...whole, orders: 7 });
  expect(() => second.deserialize(third.serialize(whole))).toThrow('of version 3, and this program knows 2');
  expect(() => third.check?.({ first: 'x' } as never)).toThrow();
});

test('a missing step, a wrong version, and a serde that could be mistaken are refused', () => {
  expect(() => evolving(json<Second>(), { version: 3, migrate: { 2: toThird } })).toThrow(
    'no step from version 1 to 2',
  );
  expect(() => evolving(json<Second>(), { version: 1, migrate: {} })).toThrow('from 2 to 127, got 1');
  expect(() => evolving(string(), { version: 2, migrate: { 1: migration(string(), (old) => old) } })).toThrow(
    'values of the serde "string" may begin with any byte',
  );
  expect(() => evolving(long(), { version: 2, migrate: { 1: migration(long(), (old) => old) } })).toThrow(
    'use json()',
  );
});

test('state of an earlier version is read on by the program after it, from disk and from the changelog', async () => {
  const people = topic('people', { key: string(), value: string() });
  const build = (value: unknown, make: (name: string) => unknown) => {
    const builder = new StreamsBuilder();
    builder
      .stream(people)
      .groupByKey()
      .aggregate({
        initial: () => null as unknown,
        add: (_, name) => make(name),
        as: 'people',
        value: value as never,
      });
    return builder.build();
  };
  const before = build(json<First>(), (name) => ({ name }));
  const after = build(third, (name) => ({ first: name, last: '', orders: 1 }));
  await withLog(async (log, dir) => {
    await log.admin.createTopics([{ name: 'people', partitions: 1 }]);
    const run = async (topology: typeof before, stateDir: string, key: string, value: string) => {
      const app = new StreamsApp(topology, { applicationId: 'app', log, stateDir });
      await app.start();
      await write(log, people, [[key, value]]);
      await caughtUp(log, 'app', 'people');
      await eventually('its rows are there', async () => (await app.store('people').get(key)) !== undefined);
      const rows: Record<string, unknown> = {};
      for await (const row of app.store('people').all()) rows[row.key as string] = row.value;
      await app.close();
      return rows;
    };
    expect(await run(before, `${dir}/one`, 'ada', 'Ada Lovelace')).toEqual({ ada: { name: 'Ada Lovelace' } });
    const ada = { first: 'Ada', last: 'Lovelace', orders: 0 };
    expect(await run(after, `${dir}/one`, 'bob', 'Bob')).toEqual({
      ada,
      bob: { first: 'Bob', last: '', orders: 1 },
    });
    // Another disk: rows of both versions come back from the changelog.
    expect(await run(after, `${dir}/two`, 'cat', 'Cat')).toMatchObject({
      ada,
      bob: { first: 'Bob' },
      cat: { first: 'Cat' },
    });
    await expect(run(before, `${dir}/one`, 'ada', 'x')).rejects.toThrow();
  });
});
