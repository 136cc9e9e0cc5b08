import { createRequire } from 'node:module';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SchemaRegistryError } from './errors.ts';

interface Answer {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly status?: number };
}

// Run as text, so that it is the same from the sources and from the package.
const program = `
const { workerData } = require('node:worker_threads');
const { port, signal, client, config } = workerData;
const bell = new Int32Array(signal);
let registry;
port.on('message', async ({ call, method, args }) => {
  let answer;
  try {
    registry ??= new (require(client).SchemaRegistryClient)(config);
    answer = { call, result: await registry[method](...args) };
  } catch (error) {
    const message = String(error?.message || error?.code || error);
    answer = { call, error: { message, status: error?.status } };
  }
  port.postMessage(answer);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
});
`;

/**
 * Confluent's client on a thread of its own, whose answers this thread waits for. A serde is called for each
 * record and gives bytes or a value at once; it meets an id it does not know so seldom that waiting is
 * cheaper than promises would be.
 */
export class BlockingClient {
  readonly #config: Record<string, unknown>;
  readonly #timeoutMs: number;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  #worker: { readonly thread: Worker; readonly port: MessagePort } | undefined;
  #calls = 0;

  constructor(config: Record<string, unknown>, timeoutMs: number) {
    this.#config = config;
    this.#timeoutMs = timeoutMs;
  }

  /** Calls a method of the client and waits for what it gives. */
  call(method: string, args: readonly unknown[]): unknown {
    const { port } = (this.#worker ??= this.#start());
    const call = ++this.#calls;
    port.postMessage({ call, method, args });
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const heard = Atomics.load(this.#bell, 0);
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        const answer = next.message as Answer;
        // An earlier call that was given up may be answered late.
        if (answer.call === call) return unwrap(answer);
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new SchemaRegistryError(`no answer within ${this.#timeoutMs} ms`);
      Atomics.wait(this.#bell, 0, heard, left);
    }
  }

  #start() {
    const { port1: port, port2 } = new MessageChannel();
    const thread = new Worker(program, {
      eval: true,
      execArgv: [],
      workerData: {
        port: port2,
        signal: this.#bell.buffer,
        client: createRequire(import.meta.url).resolve('@confluentinc/schemaregistry'),
        config: this.#config,
      },
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

function unwrap({ result, error }: Answer): unknown {
  if (error !== undefined) throw new SchemaRegistryError(error.message, error.status);
  return result;
}
