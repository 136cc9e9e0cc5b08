/** A promise for the end of something, that knows whether anybody has asked for it. */
export class Done {
  readonly #promise: Promise<void>;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #isAwaited = false;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Unobserved, it must not count as an unhandled rejection; the getter derives a promise that does.
    this.#promise.catch(() => {});
  }

  get promise(): Promise<void> {
    this.#isAwaited = true;
    return this.#promise.then(() => {});
  }

  get isAwaited(): boolean {
    return this.#isAwaited;
  }

  resolve(): void {
    this.#resolve();
  }

  reject(error: unknown): void {
    this.#reject(error);
  }
}
