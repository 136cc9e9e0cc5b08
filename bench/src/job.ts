import type { Fixture } from './fixture.ts';
import type { Tally } from './tally.ts';

/** How long something took, and how much of the processor, over all threads. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface Run extends Cost {
  /** What came out. Read after the run: checking is not part of the work. */
  readonly results: () => Promise<Tally>;
}

/** One row of the report: the same work by Millrace and by hand. */
export interface Job {
  readonly name: string;
  readonly what: string;
  readonly aim: number;
  /** What has to come out of so many records, worked out the simplest way. */
  expected(records: number): Tally;
  millrace(fixture: Fixture): Promise<Run>;
  hand(fixture: Fixture): Promise<Run>;
}

export async function timed(body: () => Promise<void>): Promise<Cost> {
  const started = performance.now();
  const before = cpuSeconds();
  await body();
  return { seconds: (performance.now() - started) / 1000, cpuSeconds: cpuSeconds() - before };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
