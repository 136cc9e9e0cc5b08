import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { lists } from './lists.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const mutant = Object.values(lists)
  .flat()
  .find(({ name }) => name === process.env['MILLRACE_MUTANT']);
if (mutant === undefined) throw new Error('MILLRACE_MUTANT names no mutant');
const resolve = { conditions: ['@millrace/source'] };

export default defineConfig({
  root,
  resolve,
  ssr: { resolve },
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform(code, id) {
        if (path.relative(root, id) !== path.normalize(mutant.file)) return undefined;
        if (!code.includes(mutant.from)) throw new Error(`${mutant.file} does not have ${mutant.from}`);
        return code.replace(mutant.from, mutant.to);
      },
    },
  ],
  test: {
    include: ['packages/*/test/**/*.test.ts'],
    testTimeout: 120_000,
    pool: 'forks',
    setupFiles: ['test/fast-check.setup.ts'],
  },
});
