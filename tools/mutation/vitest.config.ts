import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { areas } from './areas.mjs';

const area = areas[process.env['MILLRACE_MUTATE'] as keyof typeof areas];
const source = (name: string): string => path.resolve('packages', name);

export default defineConfig({
  // Mutants are in a copy of the project whose node_modules are linked: packages must come from the copy.
  resolve: {
    alias: [
      {
        find: '@millrace/streams-core/runtime',
        replacement: source('streams-core/src/runtime/index.ts'),
      },
      { find: '@millrace/state-stores/runtime', replacement: source('state-stores/src/runtime.ts') },
      { find: '@millrace/testing/vitest', replacement: source('testing/src/vitest.ts') },
      { find: '@millrace/scenarios', replacement: path.resolve('tools/scenarios/src/index.ts') },
      { find: '@millrace/free-ports', replacement: path.resolve('tools/free-ports/src/index.ts') },
      { find: '@millrace/kafka-broker', replacement: path.resolve('tools/kafka-broker/src/index.ts') },
      { find: /^@millrace\/([^/]+)$/, replacement: source('$1/src/index.ts') },
    ],
  },
  test: {
    include: area.tests,
    exclude: ['**/node_modules/**', '**/*.kafka.test.ts'],
    testTimeout: 30_000,
    setupFiles: ['test/fast-check.setup.ts'],
  },
});
