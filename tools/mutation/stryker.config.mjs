import { areas } from './areas.mjs';

const area = process.env.MILLRACE_MUTATE;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: areas[area].mutate,
  testRunner: 'vitest',
  vitest: { configFile: 'tools/mutation/vitest.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  // Texts of errors are pinned where they matter; a mutant of each would say nothing about data.
  mutator: { excludedMutations: ['StringLiteral'] },
  ignoreStatic: true,
  reporters: ['clear-text', 'progress-append-only', 'json', 'html'],
  jsonReporter: { fileName: `reports/mutation/${area}.json` },
  htmlReporter: { fileName: `reports/mutation/${area}.html` },
  clearTextReporter: { logTests: false, reportTests: false, reportMutants: false },
  concurrency: Number(process.env.MILLRACE_MUTATE_WORKERS ?? 2),
  timeoutMS: 6_000,
  // TypeScript 7 has no JavaScript API, which the tool needs to rewrite references; nothing here is compiled.
  tsconfigFile: 'none',
  tempDirName: '.mutation',
  ignorePatterns: ['docs', 'reports', '**/*.tsbuildinfo'],
  allowEmpty: false,
  thresholds: { high: 95, low: 85, break: 85 },
};
