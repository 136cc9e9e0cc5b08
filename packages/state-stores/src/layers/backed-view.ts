import type { BytesStore, Checkpoint } from '../bytes-store.ts';
import type { Cell, StoreStats, WriteBack } from './write-back.ts';

/** What all views share: cells in memory over a bytes store, written to it between commits. */
export abstract class BackedView<C extends Cell & S, S = unknown> {
  readonly name: string;
  protected readonly backing: BytesStore;
  protected abstract readonly writeBack: WriteBack<C, S>;

  constructor(name: string, backing: BytesStore) {
    this.name = name;
    this.backing = backing;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.backing.checkpoint;
  }

  get stats(): StoreStats {
    return this.writeBack.stats;
  }

  track(): void {
    this.writeBack.track();
  }

  get knowsCommitted(): boolean {
    return this.writeBack.knowsCommitted;
  }

  commitStands(): void {
    this.writeBack.commitStands();
  }

  wantsFlush(now: number): boolean {
    return this.writeBack.wantsFlush(now);
  }

  committed(checkpoint: Checkpoint | undefined, now: number): void {
    this.writeBack.afterCommit(checkpoint, now);
  }

  flush(checkpoint: Checkpoint | undefined): void | Promise<void> {
    return this.writeBack.flush(checkpoint);
  }

  close(): void | Promise<void> {
    const settled = this.writeBack.settle();
    return settled === undefined ? this.backing.close() : settled.then(() => this.backing.close());
  }
}
