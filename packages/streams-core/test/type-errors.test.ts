import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// What the compiler says to a user who has made a mistake: the texts, not only that there is an error.

const here = fileURLToPath(new URL('..', import.meta.url));
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

const mistakes = `
import { integer, json, JoinWindows, StreamsBuilder, string, topic } from '@millrace/streams-core';
import { z } from 'zod';
const stream = new StreamsBuilder().stream(topic('sales', { key: string(), value: json<{ sku: string }>() }));
const grouped = stream.groupByKey();
grouped.aggregate({ initial: () => new Map<string, number>(), add: (seen) => seen });
grouped.aggregate({ initial: () => ({ first: new Date() }), add: (seen) => seen });
stream.groupBy(({ sku }) => sku.length);
stream.mapValues(({ product }) => product);
json(z.object({ at: z.date() }));
json(z.object({ lines: z.array(z.object({ n: z.bigint() })) }));
json(z.object({ at: z.coerce.date(), note: z.string().optional(), n: z.int().default(1), any: z.unknown() }));
grouped.aggregate({ initial: (): { n?: number } => ({}), add: (seen) => seen });
const counts = topic('counts', { key: string(), value: integer() });
stream.to(counts);
stream.selectKey(() => 1).mapValues(() => 1).to(counts);
stream.mapValues(async () => 1).to(counts);
stream.map(({ sku }) => sku).to(counts);
stream.process((context) => (record) => context.forward({ ...record, value: 1 }));
stream.process((context) => (record) => context.forward({ ...record, value: 1 }), { value: integer() }).to(counts);
stream.processValues((context) => () => context.forward('one'), { value: integer() }).to(counts);
stream.filter(({ sku }) => sku);
topic('sales', { key: string, value: json<string>() });
stream.join(stream, ({ sku }, other) => sku + other.sku).mapValues(Number);
stream.leftJoin(stream, ({ sku }, other) => sku + other?.sku).to(counts);
stream.outerJoin(stream, (one, other) => [one, other]);
stream.join(stream, ({ sku }, other) => sku + other.sku, JoinWindows.of(5)).mapValues(Number).to(counts);
`;

/** The errors of a program, by line. */
async function errorsOf(program: string): Promise<ReadonlyMap<number, string>> {
  const dir = await mkdtemp(path.join(here, 'type-errors-'));
  try {
    await writeFile(path.join(dir, 'program.ts'), program);
    const config = { extends: '../../../tsconfig.check.json', include: ['program.ts'] };
    await writeFile(path.join(dir, 'tsconfig.json'), JSON.stringify(config));
    const printed = await new Promise<string>((resolve) => {
      execFile(process.execPath, [tsc, '-p', dir, '--pretty', 'false'], (_, stdout) => resolve(stdout));
    });
    const found = printed.split(/^(?=\S+\.ts\(\d+,)/m);
    return new Map(found.map((text) => [Number(/\((\d+),/.exec(text)?.[1]), text.replace(/\s+/g, ' ')]));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('errors of the compiler name the mistake at its place', { timeout: 60_000 }, async () => {
  const errors = await errorsOf(mistakes);
  expect([...errors.keys()]).toEqual([6, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 21, 22, 23, 24, 25, 26]);
  expect(errors.get(6)).toMatch(
    /Property 'value' is missing .* but required in type 'SerdeNeededBecauseJsonLoses<"a Map", Map<string, number>>'/,
  );
  expect(errors.get(7)).toContain('SerdeNeededBecauseJsonLoses<"a Date"');
  expect(errors.get(8)).toMatch(/Expected 2 arguments, but got 1/);
  expect(errors.get(10)).toContain('required in type \'JsonCannotHold<"a Date">\'');
  expect(errors.get(11)).toContain('required in type \'JsonCannotHold<"a bigint">\'');
  // One sentence at the place, and none down the chain.
  expect(errors.get(15)).toMatch(
    /not assignable to .*StreamHasOtherValues<\{ sku: string; \}, number>'\. Prop/,
  );
  expect(errors.get(16)).toContain("StreamHasOtherKeys<number, string>'");
  expect(errors.get(17)).toContain("StreamHasOtherValues<Promise<number>, number>'");
  expect(errors.get(18)).toMatch(
    /Type 'string' is not assignable to type 'readonly \[key: \w+, value: \w+\]'/,
  );
  expect(errors.get(19)).toContain("Type 'number' is not assignable to type '{ sku: string; }'");
  expect(errors.get(21)).toContain("type 'string' is not assignable to parameter of type 'number'");
  expect(errors.get(22)).toContain("Type 'string' is not assignable to type 'boolean'");
  expect(errors.get(23)).toContain("Type '() => Serde<string>' is not assignable to type 'Serde<unknown>'");
  expect(errors.get(24)).toContain(
    "Property 'mapValues' does not exist on type 'StreamsAreJoinedWithin<JoinWindows>'",
  );
  expect(errors.get(25)).toContain(
    "Property 'to' does not exist on type 'StreamsAreJoinedWithin<JoinWindows>'",
  );
  expect(errors.get(26)).toContain('Expected 3-4 arguments, but got 2');
  expect(errors.get(9)).toContain("Property 'product' does not exist on type '{ sku: string; }'");
});
