import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EmbeddedLog, isLogError, long, StreamsApp, StreamsBuilder, string, topic } from 'millrace';
import { TopologyTestDriver } from 'millrace/testing';
import 'millrace/testing/vitest';
import { expect, test } from 'vitest';

const words = topic('words', { key: string(), value: string() });
const counts = topic('counts', { key: string(), value: long() });

function counted() {
  const builder = new StreamsBuilder();
  builder
    .stream(words)
    .groupByKey()
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(counts);
  return builder.build();
}

test('one package has the DSL, the test driver and its matchers', () => {
  const driver = new TopologyTestDriver(counted());
  driver.createInputTopic(words).pipeInput('a', 'x');
  driver.createInputTopic(words).pipeInput('a', 'y');
  expect(driver.createOutputTopic(counts)).toHaveProduced([
    { key: 'a', value: 1 },
    { key: 'a', value: 2 },
  ]);
});

test('the package brings the runtime and a log to run on', async () => {
  const log = await EmbeddedLog.inMemory();
  await log.admin.createTopics([words, counts].map(({ name }) => ({ name, partitions: 1 })));
  await expect(log.reader([{ topic: 'none', partition: 0, offset: 0 }])).rejects.toSatisfy((error) =>
    isLogError(error),
  );
  const app = new StreamsApp(counted(), { applicationId: 'app', log, stateDir: 'unused' });
  expect(app.state).toBe('created');
  await log.close();
});

test('the package brings the command', async () => {
  const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bin, '--help']);
  expect(stdout).toMatch(/Usage: millrace/);
});
