// npm run screenshots: the inspector's page of the retail example, light and dark, into docs/pictures.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const { chromium } = createRequire(path.join(root, 'packages/inspector/package.json'))('playwright-core');
const out = mkdtempSync(path.join(tmpdir(), 'millrace-screenshots-'));
const example = path.join(root, 'examples/retail-reorder/dist/main.js');
const child = spawn(process.execPath, [example, '--inspect', '0', '--out', out], {
  stdio: ['ignore', 'ignore', 'pipe'],
});

/** Resolves to where the page is. */
function ready() {
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

const url = await ready();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

async function take(name, colorScheme, show) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 }, colorScheme });
  await page.goto(url);
  await page.getByRole('status').getByText('running').waitFor();
  // Once all input has been processed.
  await page.locator('.figures div', { hasText: 'lag' }).getByText('0', { exact: true }).waitFor();
  await show(page);
  await page.screenshot({ path: path.join(root, 'docs/pictures', `${name}.png`) });
  await page.close();
}

const tab = (page, name) => page.getByRole('navigation').getByRole('button', { name }).click();

await take('inspector-topology', 'light', async (page) => {
  await page
    .getByRole('button', { name: /^store/ })
    .first()
    .click();
  await page.locator('.details').waitFor();
});
await take('inspector-stores', 'dark', async (page) => {
  await tab(page, 'Stores');
  await page.locator('.list button').first().click();
  await page.getByRole('row').nth(5).waitFor();
  await page.locator('summary').first().click();
});
await browser.close();
child.kill('SIGINT');
rmSync(out, { recursive: true, force: true });
console.log('docs/pictures: inspector-topology.png, inspector-stores.png');
