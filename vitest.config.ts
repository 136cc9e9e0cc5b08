import os from 'node:os';
import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@millrace/source'] };

const include = [
  '{packages,examples,tools}/*/test/**/*.test.ts',
  'test/**/*.test.ts',
  'bench/test/**/*.test.ts',
];

// These need a cluster, and a browser: npm run test:kafka, npm run test:page.
const exclude = ['**/node_modules/**', '**/*.kafka.test.ts', '**/*.browser.test.ts'];

/** They limit what the process may open, or replace a module of Node. */
const needsOwnProcess = [
  'packages/state-stores/test/damaged-store.test.ts',
  'packages/connect/test/files.test.ts',
];

const common = {
  testTimeout: 30_000,
  pool: 'forks' as const,
  setupFiles: ['test/fast-check.setup.ts'],
};

// Vitest leaves one core free, which on two is half of them; most tests that are slow wait for processes.
const maxWorkers = Math.max(2, os.availableParallelism() - 1);

/** Types are checked before, by tsc: `*.test-d.ts` are among what it reads. */
export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        resolve,
        ssr: { resolve },
        // One module graph for all files: loading it for each took longer than running its tests.
        test: {
          ...common,
          name: 'shared',
          include,
          exclude: [...exclude, ...needsOwnProcess],
          isolate: false,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: { ...common, name: 'own process', include: needsOwnProcess, exclude },
      },
    ],
  },
});
