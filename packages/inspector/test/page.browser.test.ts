import { EmbeddedLog } from '@millrace/embedded-log';
import {
  createTopics,
  hours,
  json,
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  transaction,
} from '@millrace/streams-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { inspect, inspectLog } from '../src/index.ts';
import { launchChromium } from './chromium.ts';
import { openShop } from './support.ts';

const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

describe('the page in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium('--js-flags=--expose-gc', '--enable-precise-memory-info');
  }, 60_000);
  afterAll(() => browser?.close());

  /** A page that fails its test with any error in the browser. */
  async function open(url: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    onTestFinished(async () => {
      await page.close();
      expect(errors).toEqual([]);
    });
    await page.goto(url);
    return page;
  }

  const see = async (page: Page, text: string | RegExp): Promise<void> => {
    await page.getByText(text).first().waitFor({ timeout: 20_000 });
  };
  const tab = (page: Page, name: string): Promise<void> =>
    page.getByRole('navigation').getByRole('button', { name }).click();

  test('shows nodes with their figures, by mouse and by keyboard', async () => {
    const { server, send } = await openShop();
    const page = await open(server.url);
    await see(page, 'running');
    for (let n = 0; n < 40; n++) await send(`product-${n % 4}`, { n, region: 'north', note: '' });
    await page.getByRole('button', { name: /^store per-product key-value, 2 rows/ }).waitFor();
    const filter = page.getByRole('button', { name: /^operator filter/ }).first();
    await filter.click();
    const details = page.getByRole('region', { name: 'Details of filter' });
    expect(await details.innerText()).toMatch(/KSTREAM-FILTER-0000000001, added at .*support\.ts:\d+/);
    await details.getByText('records a second').waitFor();
    await details.locator('canvas').waitFor();
    const last = details.getByRole('table', { name: 'Last records' });
    await last
      .getByText(/product-\d/)
      .first()
      .waitFor();
    // A heading, and the last eight.
    await expect.poll(() => last.getByRole('row').count()).toBe(9);
    await filter.press('Enter');
    await details.waitFor({ state: 'detached' });
    await filter.press('Enter');
    await details.waitFor();
    await page.getByRole('button', { name: /^topic orders, lag/ }).click();
    await page.getByRole('button', { name: 'Show its records' }).click();
    await see(page, 'product-3');
  });

  test('shows rows of stores and follows a key; what records hold is text, and no script', async () => {
    const { server, send } = await openShop();
    const page = await open(server.url);
    await send(hostile, { n: 2, region: hostile, note: hostile });
    await tab(page, 'Stores');
    await page.getByRole('button', { name: /^per-product/ }).click();
    const store = page.getByRole('region', { name: 'Store per-product' });
    const ask = store.getByRole('button', { name: 'Ask' });
    await expect
      .poll(async () => {
        await ask.click();
        return store.getByRole('row').allInnerTexts();
      })
      .toContainEqual(expect.stringContaining(hostile));
    await store.getByRole('button', { name: 'Watch' }).click();
    const watch = page.getByRole('region', { name: `Changes of ${hostile}` });
    await watch.getByText('1', { exact: true }).waitFor();
    await send(hostile, { n: 4, region: 'south', note: '' });
    await watch.getByText('2', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^per-minute/ }).click();
    await page
      .getByRole('region', { name: 'Store per-minute' })
      .getByRole('cell', { name: hostile })
      .waitFor();
    await tab(page, 'Topics');
    await page.getByRole('button', { name: 'orders', exact: true }).click();
    await see(page, hostile);
    await page.getByLabel('with this text').fill('south');
    await expect.poll(() => page.getByRole('region').getByRole('row').count()).toBe(2);
    expect(await page.title()).toBe('Millrace');
  });

  test('shows why a dead letter is one, and sends it again once that is confirmed', async () => {
    const { server, sendJunk } = await openShop();
    const page = await open(server.url);
    await sendJunk('k', hostile);
    await tab(page, 'Topics');
    await page.getByRole('button', { name: 'bad-orders', exact: true }).click();
    const letters = page.getByRole('region', { name: 'Records of bad-orders' });
    await letters.getByText(/SyntaxError: .*is not valid JSON/).waitFor();
    await letters.getByText('from orders-1 @ 0').waitFor();
    await letters.getByRole('button', { name: 'Send again …' }).click();
    await letters.getByRole('button', { name: 'Leave it' }).click();
    await letters.getByRole('button', { name: 'Send again …' }).click();
    await letters.getByRole('button', { name: 'Send to orders-1' }).click();
    await letters.getByText('sent to orders-1 @ 1').waitFor();
    // It fails again.
    await letters.getByText('from orders-1 @ 1').waitFor();
    expect(await page.title()).toBe('Millrace');
  });

  test('says who runs what, and what happened: failed, and gone', async () => {
    const { server, send, app } = await openShop();
    const page = await open(server.url);
    await tab(page, 'Instances');
    await see(page, 'This one works on 0_0, 0_1, 1_0, 1_1');
    await send('bad', { n: -1, region: 'x', note: '' });
    await see(page, /It has failed: .*an order that cannot be/);
    await expect.poll(() => page.getByRole('status').innerText()).toBe('failed');
    await expect.poll(() => page.locator('.events').innerText()).toMatch(/failed[^]*running/);
    await tab(page, 'Topology');
    const failed = page.getByRole('button', { name: /^operator filter\b.*failed/ });
    await failed.waitFor();
    expect(await failed.getAttribute('class')).toContain('bad');
    await tab(page, 'Instances');
    await app.close().catch(() => {});
    await server.close();
    await see(page, /The app does not answer/);
    await expect.poll(() => page.getByRole('status').innerText()).toBe('disconnected');
  });

  test('shows versions of a row, as of a time', async () => {
    const prices = topic('prices', { key: string(), value: json<number>() });
    const builder = new StreamsBuilder();
    builder.table(prices, { as: 'prices', historyRetentionMs: hours(1), persistent: false });
    const log = await EmbeddedLog.inMemory();
    onTestFinished(() => log.close());
    await createTopics(log, [prices]);
    const app = new StreamsApp(builder.build(), { applicationId: 'versions', log });
    onTestFinished(() => app.close());
    await app.start();
    await transaction(log, (write) => {
      write(prices, { key: 'mug', value: 3, timestamp: 1000 });
      write(prices, { key: 'mug', value: 4, timestamp: 2000 });
    });
    const server = await inspect(app);
    onTestFinished(() => server.close());
    const page = await open(server.url);
    await tab(page, 'Stores');
    await page.getByRole('button', { name: /^prices/ }).click();
    const store = page.getByRole('region', { name: 'Store prices' });
    const value = () => store.getByRole('row').nth(1).getByRole('cell').nth(1).innerText();
    await store.getByLabel('key', { exact: true }).fill('mug');
    await store.getByRole('button', { name: 'Ask' }).click();
    await expect.poll(value).toBe('4');
    await store.getByLabel('of a key, as of (ms)').fill('1500');
    await store.getByRole('button', { name: 'Ask' }).click();
    await expect.poll(value).toBe('3');
    await store.getByLabel('of a key, as of (ms)').fill('500');
    await store.getByRole('button', { name: 'Ask' }).click();
    await see(page, 'Store "prices" has no row of key mug');
  });

  test("goes a result's way back through the app's own topics to the record that made it", async () => {
    const { server, send } = await openShop();
    const page = await open(server.url);
    await see(page, 'running');
    await send('mug', { n: 2, region: 'north', note: 'the one' }, 60_000);
    await send('cup', { n: 4, region: 'north', note: 'another' }, 61_000);
    await tab(page, 'Topics');
    await page.getByRole('button', { name: 'shop-per-minute-changelog', exact: true }).click();
    const records = page.getByRole('region', { name: 'Records of shop-per-minute-changelog' });
    await records.getByRole('row').nth(2).waitFor();
    await records.getByRole('button', { name: 'From where?' }).last().click();
    const way = page.getByRole('region', { name: /^Where shop-per-minute-changelog-\d @ 0 came from/ });
    await way.getByRole('button', { name: /^shop-by-region-repartition-\d @ 0/ }).click();
    // The record before it has the same text.
    await expect.poll(() => way.getByRole('row').nth(1).innerText()).toMatch(/orders-0 @ 0.*the same time/s);
    expect(await way.innerText()).not.toContain('another');
    await way.getByRole('button', { name: /^shop-per-minute-changelog-\d @ 0/ }).click();
    await way.getByRole('button', { name: /^shop-by-region-repartition/ }).waitFor();
    await way.getByRole('button', { name: 'Close' }).click();
    await way.waitFor({ state: 'detached' });
  });

  test('shows a log, of which no topology is known: its groups, topics and records', async () => {
    const { app, send } = await openShop();
    const server = await inspectLog(app.log, { intervalMs: 50 });
    onTestFinished(() => server.close());
    const page = await open(server.url);
    const group = page.getByRole('region', { name: 'Group shop' });
    await group.getByText('one member').waitFor();
    await send('mug', { n: 2, region: 'north', note: hostile });
    await expect
      .poll(() => group.getByRole('row').filter({ hasText: 'orders' }).first().innerText())
      .toMatch(/1\s+1\s+0/);
    await tab(page, 'Topics');
    await page.getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByRole('region', { name: 'Records of orders' }).getByText('onerror').first().waitFor();
    expect(await page.getByRole('button', { name: 'From where?' }).count()).toBe(0);
    expect(await page.title()).toBe('Millrace');
  });

  test('asks for the token, and takes it from the address', async () => {
    const token = 'a-token-of-some-length';
    const { server } = await openShop({ token });
    const page = await open(server.url);
    await page.getByLabel('The app asks for its token').fill('a wrong one, of some length');
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByLabel('The app asks for its token').fill(token);
    await page.getByRole('button', { name: 'Look' }).click();
    await see(page, 'running');
    const other = await open(`${server.url}#token=${token}`);
    await see(other, 'running');
  });

  test('stays responsive and small while 10,000 records a second go through for a minute', async () => {
    const { server, sendMany, app } = await openShop({ intervalMs: 1000 });
    const page = await open(server.url);
    await see(page, 'running');
    // The longest that the page did nothing else, as its own timer sees it.
    await page.evaluate(`{
      let last = performance.now();
      window.longest = 0;
      setInterval(() => {
        window.longest = Math.max(window.longest, performance.now() - last);
        last = performance.now();
      }, 20);
    }`);
    const heap = (): Promise<number> => page.evaluate('gc(), performance.memory.usedJSHeapSize');
    const [seconds, perSecond] = [60, 10_000];
    let [early, isTailing] = [0, false];
    const began = performance.now();
    for (let sent = 0; sent < seconds * perSecond; ) {
      const due = Math.min(seconds * perSecond, ((performance.now() - began) * perSecond) / 1000);
      if (due > sent) await sendMany(Math.floor(due - sent), 1000);
      sent = Math.max(sent, Math.floor(due));
      if (sent > 10 * perSecond && !isTailing) {
        isTailing = true;
        await tab(page, 'Topics');
        await page.getByRole('button', { name: 'orders', exact: true }).click();
      }
      if (sent > 20 * perSecond && early === 0) early = await heap();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const late = await heap();
    const longest: number = await page.evaluate('window.longest');
    await expect.poll(() => app.metrics.processedRecords, { timeout: 30_000 }).toBeGreaterThan(600_000);
    console.log(
      `page: ${(early / 1e6).toFixed(1)} MB after 20 s, ${(late / 1e6).toFixed(1)} MB after 60 s, longest pause ${longest.toFixed(0)} ms`,
    );
    expect(late).toBeLessThan(early * 1.5);
    expect(longest).toBeLessThan(1000);
  }, 180_000);

  test.each([390, 1280])('fits a window of %i pixels, in light and dark', async (width) => {
    const { server, send } = await openShop();
    const page = await open(server.url, { viewport: { width, height: 800 }, colorScheme: 'dark' });
    await send('product', { n: 2, region: 'north', note: 'x'.repeat(500) });
    await see(page, 'running');
    for (const name of ['Topology', 'Instances', 'Stores', 'Topics']) {
      await tab(page, name);
      if (name === 'Topics') await page.getByRole('button', { name: 'orders', exact: true }).click();
      const room = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect([name, room]).toEqual([name, 0]);
    }
    const back = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await back()).toBe('rgb(18, 22, 29)');
    await page.getByRole('button', { name: 'Light or dark' }).click();
    expect(await back()).toBe('rgb(255, 255, 255)');
    await page.reload();
    expect(await back()).toBe('rgb(255, 255, 255)');
  });
});
