import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** A Python with Quix Streams, in a folder of its own. @throws Error where one of the two cannot be had */
export function quixPython(dir: string, requirements: string): string {
  const python = path.join(dir, 'bin/python');
  const run = (command: string, args: readonly string[]): void => {
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
    if (status !== 0)
      throw new Error(`Quix Streams: ${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  };
  if (!existsSync(python)) run('python3', ['-m', 'venv', dir]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
  return python;
}
