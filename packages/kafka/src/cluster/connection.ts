import net from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';
import {
  decodeResponse,
  encodeRequest,
  FrameReader,
  type Whole,
  type WireApi,
} from '@millrace/kafka-protocol/messages';
import { ConnectionError } from '../errors.ts';

const shortestResponse = 4;
/** A frame that says it is longer comes from something that is no Kafka broker. */
const longestFrame = 512 << 20;

export interface ConnectionTarget {
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | ConnectionOptions | undefined;
  readonly timeoutMs: number;
  readonly clientId: string;
}

interface Pending {
  readonly onFrame: (frame: Buffer) => void;
  readonly onError: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * One connection to a broker. Requests are sent as they come and answered in their order; the first error
 * ends it and fails all that wait.
 */
export class Connection {
  readonly #socket: net.Socket;
  readonly #target: ConnectionTarget;
  readonly #pending = new Map<number, Pending>();
  readonly #frames = new FrameReader(shortestResponse);
  #lastId = 0;
  #failure: Error | undefined;
  #isFinishing = false;

  private constructor(socket: net.Socket, target: ConnectionTarget) {
    this.#socket = socket;
    this.#target = target;
    socket.setNoDelay(true);
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy(new Error('it was closed')));
  }

  /** @throws ConnectionError */
  static open(target: ConnectionTarget): Promise<Connection> {
    const { host, port, ssl, timeoutMs } = target;
    const isPlain = ssl === undefined || ssl === false;
    const options = { host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}) };
    const socket = isPlain
      ? net.connect({ host, port })
      : tls.connect({ ...options, ...(ssl === true ? {} : ssl) });
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(connectionError(target, error));
      };
      const timer = setTimeout(() => failed(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
      socket.once('error', failed);
      socket.once(isPlain ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer);
        socket.off('error', failed);
        resolve(new Connection(socket, target));
      });
    });
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Sends a request. @throws ConnectionError where it is not answered in time, or the connection ends */
  request<Request, Response>(
    api: WireApi<Request, Response>,
    version: number,
    message: Request,
    timeoutMs: number,
  ): Promise<Whole<Response>> {
    if (this.#failure !== undefined) return Promise.reject(connectionError(this.#target, this.#failure));
    const correlationId = this.#nextId();
    const { clientId } = this.#target;
    const chunks = encodeRequest(api, { version, correlationId, clientId }, message);
    return new Promise((resolve, reject) => {
      // What is still under way on it would be answered late or never.
      const expire = (): void =>
        this.destroy(new Error(`${api.name} was not answered within ${timeoutMs} ms`));
      const timer = setTimeout(expire, timeoutMs);
      this.#pending.set(correlationId, {
        timer,
        onError: reject,
        onFrame: (frame) => {
          try {
            resolve(decodeResponse(api, version, frame));
          } catch (error) {
            reject(error as Error);
          }
        },
      });
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  #nextId(): number {
    this.#lastId = (this.#lastId + 1) & 0x7fffffff;
    return this.#lastId;
  }

  #onData(data: Buffer): void {
    this.#frames.push(data);
    try {
      for (;;) {
        const frame = this.#frames.next(longestFrame);
        if (frame === undefined || this.#failure !== undefined) return;
        this.#onFrame(frame);
      }
    } catch (error) {
      const why = 'what answers there is no Kafka broker, or it wants TLS (option ssl)';
      this.destroy(new Error(why, { cause: error }));
    }
  }

  #onFrame(frame: Buffer): void {
    const id = frame.readInt32BE(0);
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.destroy(new Error(`the broker answered request ${id}, which was not sent`));
      return;
    }
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.onFrame(frame);
    if (this.#isFinishing) this.finish();
  }

  /** Ends it once what is under way has been answered. */
  finish(): void {
    this.#isFinishing = true;
    if (this.#pending.size === 0) this.destroy(new Error('it is over'));
  }

  /** Ends it at once; what waits for an answer fails. */
  destroy(reason: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#socket.destroy();
    const error = connectionError(this.#target, reason);
    for (const { timer, onError } of this.#pending.values()) {
      clearTimeout(timer);
      onError(error);
    }
    this.#pending.clear();
  }
}

function connectionError({ host, port }: ConnectionTarget, cause: Error): ConnectionError {
  // Of several addresses of a host each has an error of its own, and the whole has no words.
  const first = cause instanceof AggregateError ? ((cause.errors as Error[])[0] ?? cause) : cause;
  return new ConnectionError(`Connection to ${host}:${port}: ${first.message}`, { cause });
}
