import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../logger.ts';

export interface TopicWatchOptions {
  /** What is to stay as it is: the input topics with their ids and partition counts, as a text. */
  readonly look: () => Promise<string>;
  readonly intervalMs: number;
  readonly onChange: () => void;
  readonly logger: Logger;
}

/**
 * Polls the input topics: one that was deleted, created again or given more partitions, or a
 * new one that a pattern matches, means other tasks. A look that fails is made again later, with a warning.
 */
export class TopicWatch {
  readonly #options: TopicWatchOptions;
  readonly #stop = new AbortController();
  #known: string | undefined;
  #warned = false;

  constructor(options: TopicWatchOptions) {
    this.#options = options;
  }

  /** Watches, in the background, until it is stopped or something has changed. */
  start(known: string): void {
    this.#known = known;
    this.#run().catch((error: unknown) => {
      this.#options.logger.warn({ error }, `Input topics are no longer watched: ${(error as Error).message}`);
    });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const waited = sleep(this.#options.intervalMs, undefined, { signal: this.#stop.signal, ref: false });
      // Stopped: the loop ends.
      await waited.catch(() => {});
      if (!this.#stop.signal.aborted && (await this.#hasChanged())) return this.#options.onChange();
    }
  }

  async #hasChanged(): Promise<boolean> {
    try {
      const found = await this.#options.look();
      this.#warned = false;
      return found !== this.#known;
    } catch (error) {
      if (!this.#warned) {
        this.#options.logger.warn(
          { error },
          `Input topics could not be looked at, and are looked at again later: ${(error as Error).message}`,
        );
      }
      this.#warned = true;
      return false;
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}
