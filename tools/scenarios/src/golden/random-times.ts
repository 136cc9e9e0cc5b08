import type { Op } from '../schema.ts';
import type { Random } from './random.ts';

/** The lengths of time that a topology names: windows, gaps, graces, retentions, limits. In milliseconds. */
export function spansOf(topology: readonly Op[]): number[] {
  const found = new Set<number>();
  const visit = (value: unknown, name: string): void => {
    if (typeof value === 'number' && name.endsWith('Ms') && value < longestSpanMs) found.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [inner, one] of Object.entries(value)) visit(one, inner);
    }
  };
  visit(topology, '');
  return [...found];
}

const longestSpanMs = 1_000_000;

/** The topology with every length of time multiplied: segments of stores are a minute long at least. */
export function stretched<T>(value: T, factor: number): T {
  if (Array.isArray(value)) return value.map((one: unknown) => stretched(one, factor)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]: [string, unknown]) => [
    name,
    typeof one === 'number' && name.endsWith('Ms') ? one * factor : stretched(one, factor),
  ]);
  return Object.fromEntries(entries) as T;
}

/**
 * Timestamps that look for trouble: at the edges of windows, gaps, graces and retentions, a millisecond
 * before and after them, counted from records that came before and from the beginnings of windows, forward
 * and back.
 */
export class EdgeTimes {
  readonly #random: Random;
  readonly #spans: readonly number[];
  readonly #seen: number[] = [0];
  #latest = 0;

  constructor(random: Random, spans: readonly number[]) {
    this.#random = random;
    this.#spans = spans.length === 0 ? [10] : spans;
  }

  next(): number {
    const random = this.#random;
    const at = random.chance(0.2) ? this.#plain() : this.#edge();
    const time = Math.max(0, at);
    this.#seen.push(time);
    this.#latest = Math.max(this.#latest, time);
    return time;
  }

  /** Mostly a little forward, sometimes as it was. */
  #plain(): number {
    return this.#latest + this.#random.pick([0, 0, 1, 3, ...this.#spans]);
  }

  #edge(): number {
    const random = this.#random;
    const offset = random.pick([-1, 0, 0, 1]);
    const from = random.chance(0.5) ? this.#latest : random.pick(this.#seen);
    const span = random.pick(this.#spans);
    const base = random.chance(0.3) && span > 0 ? from - (from % span) : from;
    const jump = [1, 2, 3].slice(0, random.whole(1, 3)).reduce((sum) => sum + random.pick(this.#spans), 0);
    // Records far in the past are dropped alike: they say little.
    const direction = random.chance(0.6) ? 1 : -1;
    return base + direction * jump + offset;
  }
}
