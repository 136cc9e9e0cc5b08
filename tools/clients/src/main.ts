// npm run test:clients [-- NAME ...]: Kafka's own tools and other clients against a served log.
import { Table } from 'console-table-printer';
import type { Suite, SuiteResult } from './suite.ts';
import { brokerBehaviour, groupsAndTransactions } from './suites/franz-go.ts';
import { smokeSuites, verifiable } from './suites/java.ts';
import { kafkajs } from './suites/kafkajs.ts';
import { kcat } from './suites/kcat.ts';
import { ownTests } from './suites/own-tests.ts';
import { pythonSuites } from './suites/python.ts';

const suites: readonly Suite[] = [
  kafkajs,
  kcat,
  ...pythonSuites,
  verifiable,
  groupsAndTransactions,
  brokerBehaviour,
  ownTests,
  ...smokeSuites,
];

const wanted = process.argv.slice(2);
const table = new Table({
  columns: [
    { name: 'suite', alignment: 'left' },
    { name: 'passed' },
    { name: 's' },
    { name: 'left out', alignment: 'left', maxLen: 60 },
  ],
});
let failures = 0;
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.some((name) => suite.name.toLowerCase().includes(name.toLowerCase())))
    continue;
  const lacks = suite.missing();
  if (lacks !== undefined) {
    table.addRow({ suite: suite.name, passed: 'not run', 'left out': `needs ${lacks}` });
    continue;
  }
  console.log(`${suite.name} ...`);
  const started = performance.now();
  const result: SuiteResult = await suite
    .run()
    .catch((error: unknown) => ({ passed: 0, of: 1, details: String(error) }));
  const isWell = result.passed === result.of;
  if (!isWell) {
    failures++;
    console.log(`failed:\n${result.details ?? ''}`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  table.addRow(
    {
      suite: suite.name,
      passed: `${result.passed} of ${result.of}`,
      s: seconds,
      'left out': result.leftOut ?? '',
    },
    isWell ? {} : { color: 'red' },
  );
}
table.printTable();
process.exitCode = failures === 0 ? 0 : 1;
