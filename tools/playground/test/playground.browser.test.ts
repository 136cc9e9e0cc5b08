import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { launchChromium } from '../../../packages/inspector/test/chromium.ts';
import { examples } from '../page/examples.ts';

const file = fileURLToPath(new URL('../dist/index.html', import.meta.url));

// The page is one file, which is opened from the disk: there is no server.
describe('the playground in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(() => browser?.close());

  async function open(): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const wrong: string[] = [];
    page.on('pageerror', ({ message }) => wrong.push(message));
    page.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) wrong.push(`asked for ${request.url()}`);
    });
    onTestFinished(async () => {
      await page.close();
      expect(wrong).toEqual([]);
    });
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  test('runs the examples of the docs', async () => {
    const page = await open();
    for (const [index, { title }] of examples.entries()) {
      await page.getByLabel('Example').selectOption({ index });
      await page.locator('tbody tr').first().waitFor();
      expect([title, await page.getByRole('alert').allTextContents()]).toEqual([title, []]);
    }
  });

  test('runs what is edited, and goes through the steps forwards and back', async () => {
    const page = await open();
    await page.locator('tbody tr').nth(2).waitFor();
    // Windows of ten minutes: one result, once it has closed.
    const topology = page.getByRole('textbox', { name: 'Topology' });
    const source = examples[0]!.source.replace('TimeWindows.of(minutes(1))', 'TimeWindows.of(minutes(10))');
    await topology.fill(source);
    const records = page.getByRole('textbox', { name: 'Records' });
    await records.fill(
      '{"topic":"requests","key":"ann","value":"/a","timestamp":"12:00"}\n{"topic":"requests","key":"bob","value":"/a","timestamp":"12:09"}\n{"topic":"requests","key":"bob","value":"/b","timestamp":"12:11"}',
    );
    await page.getByText('0 of 0 to 2').waitFor();
    await expect.poll(() => page.locator('tbody tr').allInnerTexts()).toHaveLength(1);
    expect(await page.locator('tbody tr').first().innerText()).toMatch(/^2\s.*'\/a'.*\s2\s/s);
    const steps = page.locator('pre');
    await page.getByRole('button', { name: 'Forward' }).click();
    await expect.poll(() => steps.innerText()).toMatch(/^step 1: requests @ 1, key 'bob'/);
    await page.getByRole('button', { name: 'Back' }).click();
    await expect
      .poll(() => steps.innerText())
      .toMatch(/^step 0: .*row requests-per-path\['\/a'\].*nothing -> 1/s);
    expect(await page.locator('.graph svg').innerHTML()).toContain('requests-per-path');
  });

  test('says what is wrong with a program, and goes on once it is mended', async () => {
    const page = await open();
    const topology = page.getByRole('textbox', { name: 'Topology' });
    await topology.fill('export default 1 +;');
    await page.getByRole('alert').getByText('Unexpected token').waitFor();
    await topology.fill(examples[1]!.source);
    await page.getByText('exports no topic "requests"').waitFor();
    await page.getByLabel('Example').selectOption({ index: 1 });
    await page.locator('tbody tr').first().waitFor();
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  });

  test('fits a narrow screen', async () => {
    const page = await open();
    await page.setViewportSize({ width: 390, height: 800 });
    await page.locator('tbody tr').first().waitFor();
    expect(
      await page.locator('html').evaluate(({ scrollWidth }: { readonly scrollWidth: number }) => scrollWidth),
    ).toBeLessThanOrEqual(390);
  });

  test('has nothing of Node in it', () => {
    const page = readFileSync(file, 'utf8');
    expect(page).not.toMatch(/__vite-browser-external|["'`]node:[a-z]/);
    expect(page.length).toBeLessThan(1_600_000);
  });
});
