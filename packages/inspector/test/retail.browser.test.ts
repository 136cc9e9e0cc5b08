import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { launchChromium } from './chromium.ts';

const example = fileURLToPath(new URL('../../../examples/retail-reorder/dist/main.js', import.meta.url));

/** Runs the example until its page is there; resolves to where that is. */
async function startExample(): Promise<string> {
  const out = await mkdtemp(path.join(tmpdir(), 'millrace-retail-'));
  const child = spawn(process.execPath, [example, '--inspect', '0', '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(out, { recursive: true, force: true, maxRetries: 5 });
  });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
      const url = /http:\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error(`The example has ended: ${said}`)));
  });
}

test('every panel shows the retail example on its 14,180 real rows', { timeout: 120_000 }, async () => {
  const url = await startExample();
  const browser = await launchChromium();
  onTestFinished(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  await page.goto(url);
  const tab = (name: string) => page.getByRole('navigation').getByRole('button', { name }).click();

  const box = (name: RegExp) => page.getByRole('button', { name });
  await box(/^topic sales, lag 0$/).waitFor({ timeout: 60_000 });
  await box(/^operator process keep-inventory/).click();
  await page
    .getByRole('region', { name: /^Details of / })
    .getByText(/added at .*retail-topology/)
    .waitFor();
  await box(/^store inventory key-value, [\d,. ]+ rows$/).waitFor();

  await tab('Instances');
  await page.getByText(/^This one works on 0_0/).waitFor();

  await tab('Stores');
  await page.getByRole('button', { name: /^inventory/ }).click();
  await expect.poll(() => page.getByRole('row').count()).toBeGreaterThan(10);

  await tab('Topics');
  await page.getByRole('button', { name: 'reorders', exact: true }).click();
  const reorders = page.getByRole('region', { name: 'Records of reorders' });
  await reorders.getByRole('button', { name: 'From where?' }).first().click();
  // A reorder comes from a sale or a shipment of its time.
  const origins = page.getByRole('region', { name: /^Where reorders-\d @ \d+ came from/ });
  await origins.getByText('the same key and time').first().waitFor();
  expect(errors).toEqual([]);
});
