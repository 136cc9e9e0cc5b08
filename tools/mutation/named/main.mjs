// npm run mutate:named: breaks the code in ways that users would suffer from, one at a time, and says whether the
// test that must notice does.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lists } from './lists.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));
const asked = process.argv.slice(2);
if (asked.includes('--help')) {
  console.log(
    `Usage: npm run mutate:named [-- LIST|NAME ...]\nLists: ${Object.keys(lists).join(', ')} (default: all)`,
  );
  process.exit(0);
}

/** What the test printed: its first error. */
function firstError(output) {
  const line = output.split('\n').find((one) => /^(\w*Error|Caused by|Serialized Error)\b.*:/u.test(one));
  return line === undefined ? '' : `\n          ${line.slice(0, 160)}`;
}

let survived = 0;
for (const [list, mutants] of Object.entries(lists)) {
  for (const { name, test, pattern } of mutants) {
    if (asked.length > 0 && !asked.includes(list) && !asked.includes(name)) continue;
    const args = ['run', '--config', 'tools/mutation/named/vitest.config.ts', test, '-t', pattern];
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', MILLRACE_MUTANT: name },
    });
    const ran = /Tests .*\d+ (failed|passed)/u.test(stdout);
    const caught = ran && status !== 0;
    if (!caught) survived++;
    const verdict = caught ? 'caught  ' : ran ? 'SURVIVED' : 'NOT RUN ';
    console.log(`${verdict}  ${name}, by ${test}: ${pattern}${caught ? firstError(stderr) : ''}`);
  }
}
process.exitCode = survived === 0 ? 0 : 1;
