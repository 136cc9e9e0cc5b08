import type { Fixture } from './fixture.ts';

/** One row of the report: the same work by Millrace and by hand. Each returns the seconds it took. */
export interface Job {
  readonly name: string;
  readonly what: string;
  readonly aim: number;
  millrace(fixture: Fixture): Promise<number>;
  hand(fixture: Fixture): Promise<number>;
}

export async function timed(body: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await body();
  return (performance.now() - started) / 1000;
}
