import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@millrace/source'] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    include: [
      '{packages,examples,tools}/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'bench/test/**/*.test.ts',
    ],
    // These need a cluster: npm run test:kafka.
    exclude: ['**/node_modules/**', '**/*.kafka.test.ts'],
    testTimeout: 30_000,
    pool: 'forks',
    typecheck: {
      enabled: true,
      include: ['packages/*/test/**/*.test-d.ts'],
      tsconfig: './tsconfig.check.json',
    },
  },
});
