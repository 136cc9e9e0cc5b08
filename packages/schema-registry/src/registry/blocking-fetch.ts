import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

export interface HttpRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

/** The server could not be reached, or did not answer in time. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

interface Answer {
  readonly call: number;
  readonly response?: HttpResponse;
  readonly error?: string;
}

// Run as text, so that it is the same from the sources and from the package.
const program = `
const { port, signal } = require('node:worker_threads').workerData;
const bell = new Int32Array(signal);
port.on('message', async ({ call, url, timeoutMs, ...init }) => {
  let answer;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    answer = { call, response: { status: response.status, text: await response.text() } };
  } catch (error) {
    answer = { call, error: String(error?.cause?.code ?? error?.cause?.message ?? error?.message ?? error) };
  }
  port.postMessage(answer);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
});
`;

/**
 * HTTP on a thread of its own, whose answers this thread waits for. A serde is called for each record and
 * gives bytes or a value at once; it meets an id it does not know so seldom that waiting is cheaper than
 * promises would be.
 */
export class BlockingFetch {
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  #worker: { readonly thread: Worker; readonly port: MessagePort } | undefined;
  #calls = 0;

  /** @throws UnreachableError where there is no answer within `timeoutMs` */
  request(request: HttpRequest, timeoutMs: number): HttpResponse {
    const { port } = (this.#worker ??= this.#start());
    const call = ++this.#calls;
    port.postMessage({ call, timeoutMs: Math.ceil(timeoutMs), ...request });
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const heard = Atomics.load(this.#bell, 0);
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const { call: answered, response, error } = next.message as Answer;
        // An earlier call that was given up may be answered late.
        if (answered !== call) continue;
        if (response === undefined) throw new UnreachableError(error);
        return response;
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new UnreachableError('no answer in time');
      Atomics.wait(this.#bell, 0, heard, left);
    }
  }

  /** Waits without a request. In milliseconds. */
  pause(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }

  #start() {
    const { port1: port, port2 } = new MessageChannel();
    const thread = new Worker(program, {
      eval: true,
      execArgv: [],
      workerData: { port: port2, signal: this.#bell.buffer },
      transferList: [port2],
    });
    thread.unref();
    port.unref();
    return { thread, port };
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    worker?.port.close();
    await worker?.thread.terminate();
  }
}
