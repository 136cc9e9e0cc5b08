import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A block of TypeScript in a page. Blocks with a file's name are that file, which is tested where it is. */
export interface Block {
  readonly page: string;
  /** Where it begins. */
  readonly line: number;
  readonly code: string;
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n(?<code>.*?)^```/gms)].map(({ index, groups }) => ({
    page,
    line: text.slice(0, index).split('\n').length,
    code: groups!['code']!,
  }));
}

const pagesIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

/** All pages for users, by their path. */
export function allPages(): string[] {
  return [
    'README.md',
    ...pagesIn('docs'),
    ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/README.md`),
  ];
}

/** All of them, in the order of their pages. */
export function allBlocks(): Block[] {
  return allPages().flatMap(blocksOf);
}

/** The only block of a page that has this text. */
export function blockWith(page: string, text: string): Block {
  const found = blocksOf(page).filter(({ code }) => code.includes(text));
  if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks with "${text}", not one`);
  return found[0]!;
}
