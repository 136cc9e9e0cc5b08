// npm run bench:compare -- BEFORE [AFTER] [--only NAME] [--rounds N] [--records N]: two commits, in turn.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root, setUp } from './setup.mjs';

const usage = 'npm run bench:compare -- BEFORE [AFTER] [--only JOB] [--rounds 5] [--records 1000000]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    records: { type: 'string', default: '1000000' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help || positionals.length < 1 || positionals.length > 2) {
  console.error(
    `${usage}\n\nRuns the benches of two commits in turn, each in a copy of its own, and prints the medians.`,
  );
  console.error('AFTER is HEAD unless given. The ratio is that of the seconds: above 1, AFTER is faster.');
  process.exit(values.help ? 0 : 2);
}

/** Runs a command and returns what it printed; ends this process where it fails. */
function call(command, args, options = {}) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
    ...options,
  });
  if (error !== undefined) throw error;
  if (status === 0) return stdout;
  console.error(`${command} ${args.join(' ')}: status ${status}`);
  process.exitCode = 1;
  throw new Error('stopped');
}

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-compare-'));
const sides = [positionals[0], positionals[1] ?? 'HEAD'].map((revision, index) => {
  const commit = call('git', ['rev-parse', '--short', `${revision}^{commit}`]).trim();
  return { commit, dir: path.join(folder, `${index}-${commit}`), costs: new Map() };
});

/** A copy of a commit, installed and built by its own scripts. */
function prepare({ commit, dir }) {
  console.error(`${commit}: copying, installing and building`);
  call('git', ['worktree', 'add', '--detach', '--quiet', dir, commit]);
  const script = "import('./scripts/setup.mjs').then(({ setUp }) => setUp())";
  call(process.execPath, ['--input-type=module', '--eval', script], { cwd: dir });
}

function runOnce({ dir, costs }) {
  const json = path.join(folder, 'rows.json');
  const only = values.only === undefined ? [] : ['--only', values.only];
  const args = ['--side', 'millrace', '--runs', '1', '--records', values.records, '--json', json, ...only];
  call(process.execPath, [path.join(dir, 'bench/dist/main.js'), ...args], { cwd: dir });
  for (const { name, recordsPerSecond, cpuSeconds } of JSON.parse(readFileSync(json, 'utf8'))) {
    if (!costs.has(name)) costs.set(name, []);
    costs.get(name).push({ seconds: 1e6 / recordsPerSecond, cpuSeconds });
  }
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

setUp();
try {
  for (const side of sides) prepare(side);
  const rounds = Number(values.rounds);
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const side of round % 2 === 0 ? sides.toReversed() : sides) runOnce(side);
  }
  const [before, after] = sides;
  const rows = [...before.costs].flatMap(([job, old]) => {
    const now = after.costs.get(job);
    if (now === undefined) return [];
    const of = (list, name) => list.map((cost) => cost[name]);
    const ratio = median(old.map((cost, index) => cost.seconds / now[index].seconds));
    return {
      job,
      ratio: ratio.toFixed(2),
      [`CPU s/M ${before.commit}`]: median(of(old, 'cpuSeconds')).toFixed(2),
      [`CPU s/M ${after.commit}`]: median(of(now, 'cpuSeconds')).toFixed(2),
      rounds: old.length,
    };
  });
  console.table(rows);
} catch (error) {
  if (error.message !== 'stopped') throw error;
} finally {
  for (const { dir } of sides) {
    spawnSync('git', ['worktree', 'remove', '--force', dir], { cwd: root, stdio: 'ignore' });
  }
  rmSync(folder, { recursive: true, force: true });
}
