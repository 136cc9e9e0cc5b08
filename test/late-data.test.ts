import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the pictures of docs/late-data.md show what a test driver does', async () => {
  const { pictures, picturesFolder } = (await import(
    new URL('../scripts/draw-late-data.mjs', import.meta.url).href
  )) as {
    readonly pictures: () => Promise<Readonly<Record<string, string>>>;
    readonly picturesFolder: string;
  };
  const page = readFileSync(new URL('../docs/late-data.md', import.meta.url), 'utf8');
  for (const [name, picture] of Object.entries(await pictures())) {
    expect(readFileSync(`${picturesFolder}${name}`, 'utf8')).toBe(picture);
    expect(page).toContain(`(pictures/${name})`);
  }
});
