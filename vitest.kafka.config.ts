import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@millrace/source'] };

/** The tests that need a Kafka cluster, whose address is in KAFKA_BROKERS. */
export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    include: ['{packages,examples}/*/test/**/*.kafka.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    setupFiles: ['test/fast-check.setup.ts'],
  },
});
