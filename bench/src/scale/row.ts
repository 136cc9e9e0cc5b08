import type { AppRun } from './scratch.ts';

/** What a row found. Figures that a row does not have are left out. */
export interface Figures {
  /** So many records, rows or tests, */
  readonly count: number;
  /** in so many seconds, */
  readonly seconds: number;
  /** with so much of the processor, over all threads. */
  readonly cpuSeconds: number;
  /** From the call of `start` until the app ran, its state restored. */
  readonly startSeconds?: number;
  /** What is in memory for each of them, after garbage was collected. */
  readonly bytesEach?: number;
}

/** One row: run in a process of its own, so that its memory is its own. */
export interface ScaleRow {
  /** Rows of a kind are compared with the first of it. */
  readonly kind: string;
  readonly name: string;
  readonly what: string;
  /** Of what is asked for, how much it takes. Default 1. */
  readonly share?: number;
  run(count: number): Promise<Figures>;
}

/** What an app did with so many records. */
export function figuresOf(count: number, { start, work }: AppRun): Figures {
  return { count, ...work, startSeconds: start.seconds };
}

/** What the process of a row says when it is done. */
export interface RowReport extends Figures {
  readonly peakMb: number;
}
