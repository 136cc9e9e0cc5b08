// npm run mutate:log: breaks the embedded log in ways that lose data, one at a time, and says whether the test
// that must notice does.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { mutants } from './log-mutant-list.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const asked = process.argv.slice(2);
let survived = 0;
for (const { name, test, pattern } of mutants) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const args = ['run', '--config', 'tools/mutation/log-mutants.config.ts', test, '-t', pattern];
  const { status, stdout } = spawnSync(process.execPath, [vitest, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, MILLRACE_LOG_MUTANT: name },
  });
  const ran = /Tests .*\d+ (failed|passed)/.test(stdout);
  const caught = ran && status !== 0;
  if (!caught) survived++;
  console.log(`${caught ? 'caught  ' : ran ? 'SURVIVED' : 'NOT RUN '}  ${name}, by ${test}: ${pattern}`);
}
process.exitCode = survived === 0 ? 0 : 1;
