import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url));
const brokers = process.env['KAFKA_BROKERS'] ?? '';

function millrace(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [bin, ...args, '--kafka', brokers], (error, out, err) => {
      resolve(error === null ? out : `${err}`);
    });
    child.stdin?.end(input);
  });
}

test('the same commands, on a Kafka cluster', async () => {
  const name = `cli-${process.pid}`;
  expect(await millrace(['topics', 'create', name, '--partitions', '3'])).toBe(`${name} has 3 partitions\n`);
  expect(await millrace(['produce', name], 'a\t1\nb\t2\nc\t3\n')).toBe(`3 records written to ${name}\n`);
  const shown = (await millrace(['tail', name, '--from', 'beginning', '--value', 'json']))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { key: string; value: number });
  expect(Object.fromEntries(shown.map(({ key, value }) => [key, value]))).toEqual({ a: 1, b: 2, c: 3 });
  expect(await millrace(['reset', `${name}-app`, '--input-topics', name, '--to', 'latest', '--yes'])).toMatch(
    /starts over/,
  );
  const group = (await millrace(['groups', '--json']))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { group: string })
    .find((one) => one.group === `${name}-app`);
  expect(group).toEqual({ group: `${name}-app`, state: 'empty', members: 0, partitions: 3, lag: 0 });
  expect(await millrace(['topics', 'delete', name, '--yes'])).toBe(`deleted ${name}\n`);
});
