// Millrace's own tests of Kafka, against a served log instead.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingTools } from '@millrace/kafka-broker';
import { run, tail } from '../run.ts';
import { ServedLog } from '../served-log.ts';
import { failed, type Suite } from '../suite.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const names = [
  'conformance',
  'group',
  'exchange',
  'long-processing',
  'java',
  'topic-changes',
  'too-large',
  'slow-instances',
];

export const ownTests: Suite = {
  name: "Millrace's Kafka tests",
  missing: missingTools,
  run: async () => {
    const served = await ServedLog.start();
    try {
      const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
      const files = names.map((name) => `packages/kafka/test/${name}.kafka.test.ts`);
      for (const file of files) if (!existsSync(path.join(root, file))) throw new Error(`${file} is gone`);
      const args = [vitest, 'run', '-c', 'vitest.kafka.config.ts', '--reporter=json', ...files];
      const ran = await run(process.execPath, args, { cwd: root, env: { KAFKA_BROKERS: served.address } });
      const found = /"numTotalTests":(?<of>\d+).*"numPassedTests":(?<passed>\d+)/s.exec(ran.output)?.groups;
      if (found === undefined) return failed(tail(ran));
      const leftOut = 'those that stop, hold or secure a broker of their own';
      const result = { passed: Number(found['passed']), of: Number(found['of']), leftOut };
      return ran.status === 0 ? result : { ...result, of: result.of, details: tail(ran, 3).slice(-3000) };
    } finally {
      await served.remove();
    }
  },
};
