import type { Cost } from './cost.ts';
import type { Fixture, InputShape } from './fixture.ts';
import type { Tally } from './tally.ts';

export interface Run extends Cost {
  /** What came out. Read after the run: checking is not part of the work. */
  readonly results: () => Promise<Tally>;
}

/** One row of the report: the same work by Millrace and by hand. */
export interface Job {
  readonly name: string;
  readonly what: string;
  readonly aim: number;
  /** What its input is like, where not as usual. */
  readonly shape?: InputShape;
  /** What has to come out of so many records, worked out the simplest way. */
  expected(records: number): Tally;
  millrace(fixture: Fixture): Promise<Run>;
  hand(fixture: Fixture): Promise<Run>;
}
