import type { CommitMemory } from '../../encode/commit-memory.ts';
import type { LogChange } from './encode-commit.ts';

export interface SubmitOptions {
  /** Must see the changes before it applied, and be applied before the next is planned. */
  readonly alone: boolean;
  /** About what its records take. */
  readonly bytes: number;
}

/** Checks a change, and encodes its records into some memory. Throws a LogError to refuse it. */
export type PlanChange = (memory: CommitMemory) => LogChange;

export interface Submitted {
  /** Is called at its turn, with the state that the changes before it leave. */
  readonly plan: PlanChange;
  readonly options: SubmitOptions;
}

export interface Pending extends Submitted {
  readonly resolve: (baseOffsets: number[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Changes that wait for their turn may take so much, in bytes; further ones wait before they are let in. */
const maxQueuedBytes = 64 << 20;

/** Changes that wait for the writer, in the order in which they were submitted. */
export class CommitQueue {
  readonly #queue: Pending[] = [];
  /** Changes that wait for room in the queue. */
  readonly #outside: (() => void)[] = [];
  #bytes = 0;

  /** About what the changes that wait in it take. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  /** Resolves to what the change resolves to. `onQueued` is called once there is room for it. */
  submit(submitted: Submitted, onQueued: () => void): Promise<number[]> {
    return new Promise((resolve, reject) => {
      const enqueue = (): void => {
        this.#queue.push({ ...submitted, resolve, reject });
        this.#bytes += submitted.options.bytes;
        onQueued();
      };
      if (this.#outside.length > 0 || this.#isFull) this.#outside.push(enqueue);
      else enqueue();
    });
  }

  get #isFull(): boolean {
    return this.#bytes >= maxQueuedBytes;
  }

  /** The next change of a group; undefined where there is none, or it may not follow another one. */
  take({ first }: { readonly first: boolean }): Pending | undefined {
    if (!first && this.#queue[0]?.options.alone === true) return undefined;
    const next = this.#queue.shift();
    if (next !== undefined) this.#bytes -= next.options.bytes;
    return next;
  }

  /** Lets in those who wait for room, as far as there is some. */
  letIn(): void {
    while (this.#outside.length > 0 && !this.#isFull) this.#outside.shift()!();
  }
}
