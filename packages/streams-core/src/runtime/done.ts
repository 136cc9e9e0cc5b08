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
    // Where nobody asks for it, it is no unhandled rejection; whoever does gets a promise of its own, which may be.
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
