import { json, nullable, StreamsBuilder, topic } from '@millrace/streams-core';
import { TopologyTestDriver } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { debezium, debeziumKey, type CapturedChange } from '../src/index.ts';

const Customer = z.object({ id: z.number(), email: z.string() });
type Customer = z.infer<typeof Customer>;
const value = debezium(Customer);
const read = (envelope: unknown): CapturedChange<Customer> | null =>
  value.deserialize(Buffer.from(JSON.stringify(envelope)));

const ada = { id: 1004, email: 'ada@example.org' };
const source = { connector: 'postgresql', db: 'shop', table: 'customers', lsn: 24_023_128, ts_ms: 1000 };

describe('a change that Debezium has written', () => {
  test('is read with its schema beside it and without, and says when the database made it', () => {
    const payload = { before: null, after: ada, source, op: 'c', ts_ms: 1700, transaction: null };
    const change = { op: 'create', before: null, after: ada, timestamp: 1000, source };
    expect(read(payload)).toEqual(change);
    expect(read({ schema: { type: 'struct', name: 'Envelope' }, payload })).toEqual(change);
    expect(read({ ...payload, source: null })).toEqual({ ...change, timestamp: 1700, source: {} });
  });

  test.each([
    ['u', 'update', ada, { ...ada, email: 'a@b' }],
    ['d', 'delete', ada, null],
    ['r', 'read', null, ada],
    ['t', 'truncate', null, null],
  ])('of op %s is a change of kind %s, and comes back as it was', (op, kind, before, after) => {
    const change = read({ op, before, after, source, ts_ms: 5 })!;
    expect(change).toMatchObject({ op: kind, before, after });
    expect(value.deserialize(value.serialize(change))).toEqual(change);
  });

  test('has its rows checked, on both sides', () => {
    const wrong = { op: 'c', before: null, after: { id: 'x', email: 'e' } };
    expect(() => read(wrong)).toThrow(/id: .*number/);
    expect(() => read({ op: 'u', before: { id: 1 }, after: ada })).toThrow(/email/);
    const change = { op: 'create', before: null, after: { id: 1 } as Customer, timestamp: 1, source: {} };
    expect(() => value.check?.(change as CapturedChange<Customer>)).toThrow(/email/);
  });

  test('of a document is read from its text', () => {
    expect(read({ op: 'c', after: JSON.stringify(ada) })?.after).toEqual(ada);
  });

  test.each([[ada], ['text'], [null], [{ op: 'x' }], [{ op: 'toString' }], [{ schema: {}, payload: null }]])(
    'is not %j, which is said',
    (found) => {
      expect(() => read(found)).toThrow(/^It is no change of a row: "op" is .*, not one of c, u, d, r, t/);
    },
  );
});

test('a key is read with its schema beside it and without', () => {
  const key = debeziumKey(z.object({ id: z.number() }));
  for (const text of ['{"id":1}', '{"schema":{"type":"struct"},"payload":{"id":1}}'])
    expect(key.deserialize(Buffer.from(text))).toEqual({ id: 1 });
  expect(key.serialize({ id: 1 }).toString()).toBe('{"id":1}');
  expect(() => key.deserialize(Buffer.from('{"id":"1"}'))).toThrow(/id/);
});

test('a topic of changes is a table, whose rows go with the delete and the record after it', async () => {
  const key = nullable(debeziumKey<{ id: number }>());
  const changes = topic('shop.public.customers', { key, value });
  const emails = topic('emails', { key, value: nullable(json<string>()) });
  const builder = new StreamsBuilder();
  builder
    .stream(changes)
    .mapValues((change) => change?.after ?? null)
    .toTable({ as: 'customers', key, value: nullable(json<Customer>()) })
    .mapValues((row) => row?.email ?? null)
    .toStream()
    .to(emails);
  const driver = new TopologyTestDriver(builder.build());
  try {
    const input = driver.createInputTopic(changes);
    const piped = (change: Partial<CapturedChange<Customer>> | null, of: { id: number } | null): void =>
      input.pipeInput(
        of,
        change === null
          ? null
          : { op: 'read', before: null, after: null, timestamp: 1, source: {}, ...change },
      );
    piped({ op: 'read', after: ada }, { id: 1004 });
    piped({ op: 'update', before: ada, after: { ...ada, email: 'new' } }, { id: 1004 });
    piped({ op: 'delete', before: ada }, { id: 1004 });
    piped(null, { id: 1004 });
    piped({ op: 'truncate' }, null);
    // The record after the delete deletes once more.
    const found = driver.createOutputTopic(emails).readValuesToList();
    expect(found).toEqual([ada.email, 'new', null, null]);
  } finally {
    await driver.close();
  }
});
