import { isLogError, LogError, type LogErrorCode, type RejectedRecord } from '@millrace/log-client';
import type { MessagePort, Transferable } from 'node:worker_threads';

/** An error on its way between threads: what a copy keeps of it. */
interface SentError {
  readonly code: LogErrorCode | undefined;
  readonly message: string;
  readonly rejected: RejectedRecord | undefined;
}

type Message =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'note'; readonly name: string; readonly args: unknown };

/** What the other side may call, by name. */
export type Handlers = Readonly<Record<string, (args: never) => unknown>>;

/** A value whose buffers are moved to the other thread, not copied. */
export class Moved {
  readonly value: unknown;
  readonly buffers: readonly Transferable[];

  constructor(value: unknown, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** One side of a port: calls what the other side handles, and handles what it calls. */
export class Peer {
  readonly #port: MessagePort;
  readonly #handlers: Handlers;
  readonly #waiting = new Map<number, Waiting>();
  readonly #closedError: () => LogError;
  #calls = 0;
  #closed = false;

  /** `onClose` is called once, when either side has closed the port or its thread has ended. */
  constructor(port: MessagePort, { handlers, onClose, closedError }: PeerOptions) {
    this.#port = port;
    this.#handlers = handlers;
    this.#closedError = closedError;
    port.on('message', (message: Message) => this.#onMessage(message));
    port.once('close', () => {
      this.#closed = true;
      for (const { reject } of this.#waiting.values()) reject(closedError());
      this.#waiting.clear();
      onClose();
    });
  }

  /** Calls a handler of the other side. @throws what it throws; LogError `LOG_CLOSED` */
  call<T>(name: string, args: unknown, buffers: readonly Transferable[] = []): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#closed) return reject(this.#closedError());
      const id = this.#calls++;
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'call', id, name, args }, buffers);
    });
  }

  /** Calls a handler of the other side without waiting for it. */
  note(name: string, args: unknown): void {
    this.#send({ kind: 'note', name, args }, []);
  }

  /** Closes the port; what was sent before gets to the other side. */
  close(): void {
    this.#closed = true;
    this.#port.close();
  }

  #send(message: Message, buffers: readonly Transferable[]): void {
    if (!this.#closed) this.#port.postMessage(message, buffers);
  }

  #onMessage(message: Message): void {
    if (message.kind === 'call') this.#answer(message);
    else if (message.kind === 'note') this.#handlers[message.name]!(message.args as never);
    else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.kind === 'result') waiting?.resolve(message.result as never);
      else waiting?.reject(received(message.error));
    }
  }

  #answer({ id, name, args }: Message & { readonly kind: 'call' }): void {
    new Promise((resolve) => resolve(this.#handlers[name]!(args as never)))
      .then((result) => {
        if (result instanceof Moved) this.#send({ kind: 'result', id, result: result.value }, result.buffers);
        else this.#send({ kind: 'result', id, result }, []);
      })
      .catch((error: unknown) => this.#send({ kind: 'failed', id, error: sendable(error) }, []));
  }
}

export interface PeerOptions {
  readonly handlers: Handlers;
  readonly onClose: () => void;
  /** What calls are rejected with once the port is closed. */
  readonly closedError: () => LogError;
}

function sendable(error: unknown): SentError {
  if (isLogError(error)) return { code: error.code, message: error.message, rejected: error.rejected };
  return {
    code: undefined,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    rejected: undefined,
  };
}

function received({ code, message, rejected }: SentError): Error {
  if (code === undefined) return new Error(message);
  return new LogError(code, message, rejected === undefined ? {} : { rejected });
}
