import type { FileSystem, LogFile } from '../../src/files/file-system.ts';

/** Throws, or waits, in place of a call whose name it knows: `write journal-2`, `sync directory`. */
export type Intercept = (call: string) => Promise<void> | void;

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** Lists the calls that reach a file system, in their order, and lets a test fail or hold up any of them. */
export class WatchedFileSystem implements FileSystem {
  readonly #inner: FileSystem;
  readonly calls: string[] = [];
  intercept: Intercept = () => {};

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  get location(): string {
    return this.#inner.location;
  }

  /** The calls since the last time this was asked. */
  take(): string[] {
    return this.calls.splice(0);
  }

  /** From now on calls with this name fail. */
  fail(call: string, code = 'EIO'): void {
    this.intercept = (name) => {
      if (name === call) throw diskError(code);
    };
  }

  /** Holds calls with this name up until what this returns is called. */
  hold(call: string): () => void {
    let release!: () => void;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.intercept = (name) => (name === call ? released : undefined);
    return release;
  }

  lock(): Promise<() => Promise<void>> {
    return this.#inner.lock();
  }

  list(): Promise<string[]> {
    return this.#inner.list();
  }

  async open(name: string, mode: 'create' | 'existing'): Promise<LogFile> {
    await this.#note(`${mode === 'create' ? 'create' : 'open'} ${name}`);
    const file = await this.#inner.open(name, mode);
    const noted =
      <A extends unknown[], R>(what: string, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await this.#note(`${what} ${name}`);
        return call(...args);
      };
    return {
      read: noted('read', (position, length) => file.read(position, length)),
      size: () => file.size(),
      write: noted('write', (position, pieces) => file.write(position, pieces)),
      truncate: noted('truncate', (size) => file.truncate(size)),
      sync: noted('sync', () => file.sync()),
      close: noted('close', () => file.close()),
    };
  }

  sizes(names: readonly string[]): Promise<number[]> {
    return this.#inner.sizes(names);
  }

  async remove(name: string): Promise<void> {
    await this.#note(`remove ${name}`);
    await this.#inner.remove(name);
  }

  async syncDirectory(): Promise<void> {
    await this.#note('sync directory');
    await this.#inner.syncDirectory();
  }

  async #note(call: string): Promise<void> {
    this.calls.push(call);
    await this.intercept(call);
  }
}
