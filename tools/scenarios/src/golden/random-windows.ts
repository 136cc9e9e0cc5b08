import type { Op } from '../schema.ts';
import type { Random } from './random.ts';

/** Windows of a scenario, but for unlimited ones. */
export type Window = Exclude<Extract<Op, { op: 'windowedBy' }>['window'], { type: 'unlimited' }>;

export function timeWindow(random: Random): Window {
  const sizeMs = random.pick([10, 30, 100]);
  const advanceMs = random.chance(0.5) ? sizeMs : Math.max(1, Math.floor(sizeMs / random.pick([2, 3])));
  return { type: 'time', sizeMs, advanceMs, graceMs: random.pick([0, 5, 50]) };
}

export function slidingWindow(random: Random): Window {
  return { type: 'sliding', diffMs: random.pick([5, 20, 60]), graceMs: random.pick([0, 10, 50]) };
}

export function sessionWindow(random: Random): Window {
  return { type: 'session', gapMs: random.pick([3, 15, 50]), graceMs: random.pick([0, 10, 60]) };
}

/**
 * Kafka Streams loses windows that leave their store before they are sent as final; Millrace does not
 * (docs/semantics.md).
 */
export const longRetentionMs = 1_000_000;

/** How long a store keeps windows: as long as it must, longer, or as the default has it. */
export function retention(
  random: Random,
  window: Window,
  isFinal: boolean,
): { readonly retentionMs?: number } {
  if (isFinal) return { retentionMs: longRetentionMs };
  const least = spanOf(window) + window.graceMs;
  return random.pick([{}, { retentionMs: least }, { retentionMs: least + random.pick([1, 7, 40]) }]);
}

export function spanOf(window: Window): number {
  if (window.type === 'time') return window.sizeMs;
  if (window.type === 'session') return window.gapMs;
  return 2 * window.diffMs;
}
