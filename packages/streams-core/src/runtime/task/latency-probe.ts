import type { LogRecord, OffsetCommit } from '@millrace/log-client';
import type { Timing } from './timing.ts';

/** So many batches of an input may wait to be committed before no more are measured. */
const most = 1000;

interface Sample {
  readonly nextOffset: number;
  readonly timestamp: number;
}

/**
 * How long after its timestamp a record's results are committed: of the first record of each batch, which has
 * waited longest. Costs nothing for the others.
 */
export class LatencyProbe {
  readonly #timing: Timing;
  readonly #now: () => number;
  readonly #samples = new Map<string, Sample[]>();

  constructor(timing: Timing, now: () => number) {
    this.#timing = timing;
    this.#now = now;
  }

  arrived(topic: string, [first]: readonly LogRecord[]): void {
    if (first === undefined) return;
    const samples = this.#samples.get(topic);
    const sample = { nextOffset: first.offset + 1, timestamp: first.timestamp };
    if (samples === undefined) this.#samples.set(topic, [sample]);
    else if (samples.length < most) samples.push(sample);
  }

  committed(offsets: readonly OffsetCommit[]): void {
    for (const { topic, offset } of offsets) {
      const samples = this.#samples.get(topic);
      while (samples?.[0] !== undefined && samples[0].nextOffset <= offset) {
        this.#timing.record(this.#now() - samples.shift()!.timestamp);
      }
    }
  }
}
