import type { Window } from '../record/record.ts';

/**
 * Makes windows of one size by their start; for the same start as the last time the same one, which saves
 * most of them.
 */
export function windowsOfSize(sizeMs: number): (start: number) => Window {
  let last: Window | undefined;
  return (start) => {
    if (last === undefined || last.start !== start) last = { start, end: start + sizeMs };
    return last;
  };
}
