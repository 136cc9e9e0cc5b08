import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sharedLog } from '@millrace/log-server';
import { StreamsApp } from '@millrace/streams-core';
import { expect, onTestFinished, test } from 'vitest';
import { inspect } from '../src/index.ts';
import { launchChromium } from './chromium.ts';
import { countingTopology } from './counting.mjs';

const script = fileURLToPath(new URL('second-instance.mjs', import.meta.url));

test('the page shows an instance come, and go when it is killed', { timeout: 120_000 }, async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'millrace-inspector-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const log = await sharedLog({
    dir: path.join(dir, 'log'),
    heartbeatIntervalMs: 100,
    sessionTimeoutMs: 6000,
  });
  onTestFinished(() => log.close());
  await log.admin.createTopics(['words', 'totals'].map((name) => ({ name, partitions: 4 })));
  const app = new StreamsApp(countingTopology(), {
    applicationId: 'counting',
    log,
    stateDir: path.join(dir, 'first'),
    applicationServer: 'first:1',
  });
  onTestFinished(() => app.close());
  await app.start();
  const server = await inspect(app, { intervalMs: 100 });
  onTestFinished(() => server.close());
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(server.url);
  await page.getByRole('navigation').getByRole('button', { name: 'Instances' }).click();
  const tasks = (host: string) => page.getByRole('row').filter({ hasText: host });
  await tasks('first:1').getByText('0_0, 0_1, 0_2, 0_3').waitFor();

  const child = spawn(process.execPath, [script, path.join(dir, 'log'), path.join(dir, 'second')], {
    stdio: 'inherit',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await tasks('second:1').waitFor({ timeout: 30_000 });
  await expect.poll(() => tasks('second:1').innerText(), { timeout: 30_000 }).toMatch(/0_\d, 0_\d/);
  child.kill('SIGKILL');
  await tasks('second:1').waitFor({ state: 'detached', timeout: 60_000 });
  await tasks('first:1').getByText('0_0, 0_1, 0_2, 0_3').waitFor({ timeout: 60_000 });
  const happened = await page.locator('.events').innerText();
  expect(happened).toMatch(/1 instance\b[^]*2 instances/);
  expect(happened).toMatch(/rebalance \d/);
});
