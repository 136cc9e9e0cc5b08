import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TopologyTestDriver } from 'millrace/testing';
import { describe, expect, test } from 'vitest';
import { runUseCase } from '../src/run-use-case.ts';
import { useCases } from '../src/use-cases.ts';

const file = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));

describe.each(Object.entries(useCases))('%s', (name, useCase) => {
  test('gives on a log what it gives to a test driver, and something in each of its topics', async () => {
    const { topology, sample, results } = useCase;
    const driver = new TopologyTestDriver(topology());
    for (const { topic, key, value, timestamp } of sample)
      driver.createInputTopic(topic).pipeInput(key, value, { timestamp });
    await driver.settled();
    const expected = results.flatMap((topic) =>
      driver
        .createOutputTopic(topic)
        .readRecordsToList()
        .map(({ key, value, timestamp }) => ({ topic: topic.name, key, value, timestamp })),
    );
    await driver.close();
    expect(new Set(expected.map(({ topic }) => topic))).toEqual(new Set(results.map((topic) => topic.name)));
    const found = await runUseCase(useCase);
    // What two sub-topologies write to one topic may come in another order.
    const lines = (records: readonly object[]): string[] =>
      records.map((record) => JSON.stringify(record)).toSorted((a, b) => (a < b ? -1 : 1));
    expect(lines(found)).toEqual(lines(expected));
  });

  test('has a page that says how to run it', () => {
    const page = readFileSync(file(`src/${name}/README.md`), 'utf8');
    expect(page).toContain(`npm run example -- ${name}`);
    expect(existsSync(file(`test/${name}.test.ts`))).toBe(true);
    expect(readFileSync(file('README.md'), 'utf8')).toContain(`](src/${name}/README.md)`);
  });
});

test('the command shows an example in a page, until it is stopped, then prints what came out', async () => {
  const child = spawn(process.execPath, [file('dist/main.js'), 'accounts', '--inspect', '0']);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      said += text;
      const found = /http:[^,\s]+/.exec(said);
      if (found !== null) resolve(found[0]);
    });
    child.stderr.on('data', (text) => (said += text));
    child.once('exit', () => reject(new Error(said)));
  });
  const topology: unknown = await (await fetch(new URL('/inspector/topology', url))).json();
  expect(topology).toMatchObject({ applicationId: 'example' });
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(said).toContain('"type":"refused"');
});
