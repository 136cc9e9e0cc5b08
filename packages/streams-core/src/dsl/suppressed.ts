import type { Named } from './options.ts';

/** Hold a window's changes back until it has closed, then send the last. */
export interface UntilWindowCloses extends Named {
  readonly until: 'window-closes';
}

/** For `suppress`: one result for each window, once it is final. The buffer grows as it must. */
export function untilWindowCloses({ name }: Named = {}): UntilWindowCloses {
  return name === undefined ? { until: 'window-closes' } : { until: 'window-closes', name };
}
