import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@millrace/source'] };

/** Tests in a real browser, one at a time, since one measures pauses: `npm run test:page`. */
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    include: ['{packages,tools}/*/test/**/*.browser.test.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    fileParallelism: false,
  },
});
