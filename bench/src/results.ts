import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../results', import.meta.url));

/** Rows as a file of `bench/results`, with what they depend on; returns its name. */
export async function saveResults(rows: readonly object[]): Promise<string> {
  const git = (...args: readonly string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const commit = git('rev-parse', '--short', 'HEAD');
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  const now = new Date().toISOString();
  const about = {
    date: now,
    commit: changed ? `${commit} and changes` : commit,
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
  };
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${now.slice(0, 16).replaceAll(':', '')}-${commit}.json`);
  await writeFile(file, `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}
