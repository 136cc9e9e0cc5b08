// franz-go's own tests, from its modules; needs Go, which gets them from its proxy.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere, type Ran, run, tail } from '../run.ts';
import { millrace, ServedLog } from '../served-log.ts';
import type { Suite, SuiteResult } from '../suite.ts';

const kgo = { module: 'github.com/twmb/franz-go', version: 'v1.22.3' } as const;
const kfake = {
  module: 'github.com/twmb/franz-go/pkg/kfake',
  version: 'v0.0.0-20260918054303-01f206a7e32c',
} as const;
const work = fileURLToPath(new URL('../../../../.millrace/clients', import.meta.url));
const standIn = fileURLToPath(new URL('../../go/kfake.go', import.meta.url));

/** Tests that cannot be run against any other server, or that differ from Kafka. */
const skipped: Readonly<Record<string, string>> = {
  TestAssignConsumeFromEnd: 'looks into the server that it was written for',
  TestFetchOutOfRangeResetLatest: 'looks into the server that it was written for',
  TestDescribeProducersAfterCommit: 'Kafka lists producers for a day, this test wants them gone at once',
};

const missing = (): string | undefined => (isThere('go', 'version') ? undefined : 'Go');

/** The folder of a module's sources, downloaded where it is not there. */
async function download({
  module,
  version,
}: {
  readonly module: string;
  readonly version: string;
}): Promise<string> {
  mkdirSync(work, { recursive: true });
  const ran = await run('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: work });
  const found = /"Dir": "(?<dir>[^"]+)"/.exec(ran.output)?.groups?.['dir'];
  if (found === undefined) throw new Error(`Go could not get ${module}: ${tail(ran)}`);
  return found;
}

/** Copies a folder of Go's cache, which is read-only. */
async function copyWritable(from: string, to: string): Promise<void> {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    await chmod(path.join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  }
  await chmod(to, 0o755);
}

function count(ran: Ran, leftOut: string): SuiteResult {
  const names = (outcome: string): number =>
    [...ran.output.matchAll(new RegExp(`^\\s*--- ${outcome}: `, 'gm'))].length;
  const passes = names('PASS');
  const failures = names('FAIL');
  const isWell = ran.status === 0 && passes > 0;
  const details = isWell
    ? {}
    : {
        details: ran.output
          .split('\n')
          .filter((line) => /FAIL|panic|_test.go/.test(line))
          .slice(0, 30)
          .join('\n'),
      };
  return { passed: passes, of: passes + Math.max(failures, isWell ? 0 : 1), leftOut, ...details };
}

export const groupsAndTransactions: Suite = {
  name: 'franz-go: TestGroupETL, TestTxnEtl',
  missing,
  run: async () => {
    const source = await download(kgo);
    const folder = path.join(work, 'franz-go');
    await copyWritable(source, folder);
    const served = await ServedLog.start();
    try {
      const env = {
        KGO_SEEDS: served.address,
        KGO_TEST_RECORDS: '20000',
        KGO_TEST_RF: '1',
        KGO_TEST_MAX_TOPIC_PARTS: '4',
      };
      const args = ['test', '-timeout', '8m', '-v', '-run', 'TestGroupETL|TestTxnEtl', '.'];
      const ran = await run('go', args, { cwd: path.join(folder, 'pkg/kgo'), env });
      return count(ran, 'groups of the newer kind (KIP-848), which are not served');
    } finally {
      await served.remove();
    }
  },
};

export const brokerBehaviour: Suite = {
  name: "franz-go: kfake's tests of a broker's behaviour",
  missing,
  run: async () => {
    const folder = path.join(work, 'kfake-tests');
    await copyWritable(path.join(await download(kfake), 'kafka_tests'), path.join(folder, 'kafka_tests'));
    rmSync(path.join(folder, 'kafka_tests/consumer_group_848_test.go'));
    mkdirSync(path.join(folder, 'kfake'), { recursive: true });
    cpSync(standIn, path.join(folder, 'kfake/kfake.go'));
    const replaced = `replace ${kfake.module} => ./kfake`;
    const needed = `require (\n\t${kgo.module} ${kgo.version}\n\t${kfake.module} v0.0.0\n)`;
    writeFileSync(
      path.join(folder, 'go.mod'),
      `module millrace/suites\n\ngo 1.24\n\n${needed}\n\n${replaced}\n`,
    );
    writeFileSync(path.join(folder, 'kfake/go.mod'), `module ${kfake.module}\n\ngo 1.24\n`);
    const tidied = await run('go', ['mod', 'tidy'], { cwd: folder });
    if (tidied.status !== 0) throw new Error(tail(tidied));
    const env = { MILLRACE_NODE: process.execPath, MILLRACE_COMMAND: millrace };
    const skip = ['848', ...Object.keys(skipped)].join('|');
    const ran = await run('go', ['test', '-timeout', '8m', '-v', '-skip', skip, './kafka_tests'], {
      cwd: folder,
      env,
    });
    const reasons = Object.entries(skipped).map(([name, why]) => `${name}: ${why}`);
    return count(ran, ['groups of the newer kind (KIP-848)', ...reasons].join('; '));
  },
};
