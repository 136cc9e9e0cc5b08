/** How a suite went. */
export interface SuiteResult {
  readonly passed: number;
  readonly of: number;
  /** What was not run, and why. */
  readonly leftOut?: string;
  /** Printed where something failed. */
  readonly details?: string;
}

export interface Suite {
  readonly name: string;
  /** What it needs that is not there; undefined where all is. */
  readonly missing: () => string | undefined;
  readonly run: () => Promise<SuiteResult>;
}

export function passed(of: number, leftOut?: string): SuiteResult {
  return { passed: of, of, ...(leftOut === undefined ? {} : { leftOut }) };
}

export function failed(details: string): SuiteResult {
  return { passed: 0, of: 1, details };
}
