import { execFile, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');
const run = promisify(execFile);

const hasEngine = spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0;
if (!hasEngine) console.log('The image is not built: no Docker engine answers here.');

test("the image is built by the project's own scripts", () => {
  const dockerfile = read('examples/page-views/Dockerfile');
  for (const [, script] of dockerfile.matchAll(/node (scripts\/\S+)/g)) expect(read(script!)).not.toBe('');
  expect(dockerfile).toContain('node scripts/deploy.mjs page-views /app');
  expect(read('examples/page-views/compose.yaml')).toContain('dockerfile: examples/page-views/Dockerfile');
});

test.runIf(hasEngine)(
  'in a container it counts, and docker stop lets it commit and end with 0',
  { timeout: 600_000 },
  async () => {
    await run(
      'docker',
      ['build', '-q', '-f', 'examples/page-views/Dockerfile', '-t', 'page-views-test', '.'],
      {
        cwd: root,
      },
    );
    const name = `page-views-test-${process.pid}`;
    const child = spawn('docker', ['run', '--name', name, '-i', 'page-views-test'], { stdio: 'pipe' });
    try {
      let text = '';
      const counted = new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => {
          text += chunk;
          if (/ \/ 1$/m.test(text)) resolve();
        });
      });
      child.stdin.write('/\n');
      await counted;
      await run('docker', ['stop', '--time', '30', name]);
      const { stdout } = await run('docker', ['inspect', '-f', '{{.State.ExitCode}}', name]);
      expect(stdout.trim()).toBe('0');
    } finally {
      await run('docker', ['rm', '-f', name]);
    }
  },
);
