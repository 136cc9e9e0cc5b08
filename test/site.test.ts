import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { assemble, linked, pagesOf } from '../site/assemble.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

test('every page of the repository is a page of the site, and no link of any leads nowhere', () => {
  const out = mkdtempSync(path.join(tmpdir(), 'millrace-site-'));
  onTestFinished(() => rmSync(out, { recursive: true, force: true }));
  expect(assemble(root, out)).toBe(pagesOf(root).size);
  for (const name of readdirSync(path.join(root, 'docs')).filter((one) => one.endsWith('.md')))
    expect(readdirSync(out)).toContain(name);
});

test('the side bar has every page of docs', () => {
  const config = readFileSync(path.join(root, 'site/.vitepress/config.mjs'), 'utf8');
  const names = readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'));
  expect(names.filter((name) => !config.includes(`'${name.slice(0, -3)}'`))).toEqual([]);
});

test('links to pages stay links, those to other files are their names, and a dead one is an error', () => {
  const options = { root, from: 'docs/kafka.md', pages: pagesOf(root) };
  expect(linked('[a](operations.md#watch) [b](../packages/kafka) [c](https://a.example)', options)).toBe(
    '[a](./operations.md#watch) [b](./packages/kafka.md) [c](https://a.example)',
  );
  expect(linked('[x `y`](../package.json)', options)).toBe('<span title="package.json">x `y`</span>');
  expect(linked('![p](pictures/inspector-stores.png)', options)).toBe(
    '![p](./files/docs/pictures/inspector-stores.png)',
  );
  expect(() => linked('[a](nowhere.md)', options)).toThrow('docs/kafka.md links to nowhere.md');
});
