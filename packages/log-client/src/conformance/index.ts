import type { LogClient } from '../log-client.ts';
import { adminSuite } from './admin.ts';
import { groupSuite } from './groups.ts';
import { recordSuite } from './records.ts';
import type { LogTest } from './support.ts';
import { transactionSuite } from './transactions.ts';

/** One behaviour: a name and a body that throws when it does not hold. */
export type TestFunction = (name: string, body: () => Promise<void>) => void;

export interface ConformanceOptions {
  /** The test framework's `test`, e.g. Vitest's. */
  readonly test: TestFunction;
  /** Opens a log for one test. The suite closes it. */
  readonly factory: () => Promise<LogClient>;
}

/** What every LogClient must do. Run it against yours: `logConformance({ test, factory })`. */
export function logConformance({ test, factory }: ConformanceOptions): void {
  const logTest: LogTest = (name, body) => {
    test(name, async () => {
      const log = await factory();
      try {
        await body(log);
      } finally {
        await log.close();
      }
    });
  };
  adminSuite(logTest);
  recordSuite(logTest);
  transactionSuite(logTest);
  groupSuite(logTest);
}
export { stillInMemory } from './still-in-memory.ts';
export { readAll } from './support.ts';
