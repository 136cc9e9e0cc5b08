import type { Socket } from 'node:net';
import {
  type ApiVersionsResponse,
  apiVersionsApi,
  decodeRequest,
  encodeResponse,
  errorCodes,
  FrameReader,
  frameSizeBytes,
  readRequestHeader,
  type RequestHeader,
  saslAuthenticateApi,
  saslHandshakeApi,
} from '@millrace/kafka-protocol/messages';
import type { Handler, RequestContext, ServedLog } from '../handler.ts';
import { handlers } from '../handlers.ts';
import { type Credentials, type Mechanism, mechanisms, type SaslLogin, saslLogin } from './sasl.ts';

const shortestRequest = 8;
/** What a client may send before it has been let in, in bytes. */
const maxStrangerBytes = 64 << 10;
/** Requests of one connection that are under way; more are not read. */
const maxInFlight = 64;

const openApis = [apiVersionsApi, saslHandshakeApi, saslAuthenticateApi] as const;
const offered: ApiVersionsResponse['apiKeys'] = [
  ...openApis,
  ...[...handlers.values()].map(({ api }) => api),
].map(({ key, minVersion, maxVersion }) => ({ apiKey: key, minVersion, maxVersion }));

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly log: ServedLog;
  /** Undefined where everybody is let in. */
  readonly credentials: Credentials | undefined;
  /** Told how many bytes of requests have come in, or are done with (negative). */
  readonly onBuffered: (bytes: number) => void;
}

/** One client: its requests are answered in the order in which they came. */
export class ServerConnection {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #frames = new FrameReader(shortestRequest);
  readonly #ended = new AbortController();
  #isKnown: boolean;
  #login: SaslLogin | undefined;
  #inFlight = 0;
  /** Settles when everything before has been answered. */
  #answered: Promise<void> = Promise.resolve();
  /** Whether all that is under way may be overlapped. */
  #overlaps = true;
  #isHeld = false;
  readonly #timer: NodeJS.Timeout;
  /** When the frame that is being received began. */
  #frameBegan: number | undefined;
  readonly #connectedAt = performance.now();

  constructor(options: ConnectionOptions) {
    const { socket, log, credentials } = options;
    this.#options = options;
    this.#socket = socket;
    this.#isKnown = credentials === undefined;
    socket.setNoDelay(true);
    socket.setTimeout(log.options.idleTimeoutMs, () => this.destroy());
    socket.on('data', (data) => this.#onData(data));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
    this.#timer = setInterval(() => this.#checkTime(), log.options.requestTimeoutMs / 4).unref();
  }

  /** Stops reading while too much of all connections together waits, and goes on after. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#pauseOrResume();
  }

  #pauseOrResume(): void {
    if (this.#isHeld || this.#inFlight >= maxInFlight) this.#socket.pause();
    else this.#socket.resume();
  }

  #checkTime(): void {
    const { requestTimeoutMs } = this.#options.log.options;
    const now = performance.now();
    const isLate = (since: number | undefined): boolean =>
      since !== undefined && now - since > requestTimeoutMs;
    if (isLate(this.#frameBegan) || (!this.#isKnown && isLate(this.#connectedAt))) this.destroy();
  }

  #onData(data: Buffer): void {
    this.#frames.push(data);
    this.#options.onBuffered(data.length);
    const { maxRequestBytes } = this.#options.log.options;
    try {
      for (;;) {
        const limit = this.#isKnown ? maxRequestBytes : Math.min(maxStrangerBytes, maxRequestBytes);
        const frame = this.#frames.next(limit);
        if (frame === undefined) break;
        try {
          this.#accept(frame, readRequestHeader(frame));
        } catch (error) {
          this.#options.onBuffered(-(frame.length + frameSizeBytes));
          throw error;
        }
      }
      this.#frameBegan =
        this.#frames.pendingBytes === 0 ? undefined : (this.#frameBegan ?? performance.now());
    } catch {
      // What does not even begin like a request gets no answer.
      this.destroy();
    }
    this.#pauseOrResume();
  }

  /** Begins a request when its turn has come, and answers it after those before it. */
  #accept(frame: Buffer, header: RequestHeader): void {
    this.#inFlight++;
    const overlaps = handlers.get(header.key)?.overlaps === true && this.#isKnown;
    const before = this.#answered;
    const began =
      overlaps && this.#overlaps
        ? this.#answer(frame, header)
        : before.then(() => this.#answer(frame, header));
    this.#overlaps = overlaps && (this.#overlaps || this.#inFlight === 1);
    // It is awaited below; until then a rejection would count as unhandled.
    began.catch(() => {});
    this.#answered = before
      .then(() => began)
      .then((chunks) => this.#send(chunks))
      .catch(() => this.destroy())
      .finally(() => {
        this.#inFlight--;
        if (this.#inFlight === 0) this.#overlaps = true;
        this.#options.onBuffered(-(frame.length + frameSizeBytes));
        this.#pauseOrResume();
      });
  }

  async #answer(frame: Buffer, header: RequestHeader): Promise<Uint8Array[] | undefined> {
    if (this.#ended.signal.aborted) return undefined;
    if (header.key === apiVersionsApi.key) return apiVersions(header);
    if (header.key === saslHandshakeApi.key) return this.#handshake(frame, header);
    if (header.key === saslAuthenticateApi.key) return this.#authenticate(frame, header);
    const found = handlers.get(header.key);
    if (!this.#isKnown || found === undefined) throw new Error('not allowed');
    const { api } = found;
    assertVersion(api, header);
    const { body } = decodeRequest<never>(api, frame);
    const response = await found.answer(body as never, this.#contextOf(header));
    return response === undefined ? undefined : encodeResponse(api, header, response as never);
  }

  #contextOf({ version, clientId }: RequestHeader): RequestContext {
    const { log } = this.#options;
    const { localAddress = '', localPort = 0, remoteAddress = '' } = this.#socket;
    return {
      log,
      version,
      clientId: clientId ?? '',
      clientHost: `/${remoteAddress.replace(/^::ffff:/, '')}`,
      host: log.options.advertisedHost ?? localAddress.replace(/^::ffff:/, ''),
      port: localPort,
      signal: this.#ended.signal,
    };
  }

  #handshake(frame: Buffer, header: RequestHeader): Uint8Array[] {
    assertVersion(saslHandshakeApi, header);
    const { mechanism } = decodeRequest(saslHandshakeApi, frame).body;
    const { credentials } = this.#options;
    const isOffered = (mechanisms as readonly string[]).includes(mechanism);
    if (credentials !== undefined && isOffered) this.#login = saslLogin(mechanism as Mechanism, credentials);
    const errorCode = this.#login === undefined ? errorCodes.UNSUPPORTED_SASL_MECHANISM : errorCodes.NONE;
    return encodeResponse(saslHandshakeApi, header, { errorCode, mechanisms });
  }

  #authenticate(frame: Buffer, header: RequestHeader): Uint8Array[] {
    assertVersion(saslAuthenticateApi, header);
    const { authBytes } = decodeRequest(saslAuthenticateApi, frame).body;
    if (this.#login === undefined) {
      const errorCode = errorCodes.ILLEGAL_SASL_STATE;
      return encodeResponse(saslAuthenticateApi, header, {
        errorCode,
        errorMessage: null,
        authBytes: Buffer.alloc(0),
      });
    }
    const step = this.#login.step(authBytes);
    if ('refusal' in step) {
      this.#login = undefined;
      const refusal = { errorCode: errorCodes.SASL_AUTHENTICATION_FAILED, errorMessage: step.refusal };
      return encodeResponse(saslAuthenticateApi, header, { ...refusal, authBytes: Buffer.alloc(0) });
    }
    if (step.isDone) {
      this.#isKnown = true;
      this.#login = undefined;
    }
    return encodeResponse(saslAuthenticateApi, header, {
      errorCode: 0,
      errorMessage: null,
      authBytes: step.answer,
    });
  }

  /** Resolves once the client takes more. */
  async #send(chunks: readonly Uint8Array[] | undefined): Promise<void> {
    if (chunks === undefined || this.#ended.signal.aborted) return;
    this.#socket.cork();
    for (const chunk of chunks) this.#socket.write(chunk);
    this.#socket.uncork();
    if (!this.#socket.writableNeedDrain) return;
    const { signal } = this.#ended;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#socket.on('drain', done);
      signal.addEventListener('abort', done);
    });
  }

  destroy(): void {
    if (this.#ended.signal.aborted) return;
    clearInterval(this.#timer);
    this.#ended.abort();
    this.#socket.destroy();
    this.#options.onBuffered(-this.#frames.pendingBytes);
  }
}

function assertVersion(
  { minVersion, maxVersion }: Pick<Handler['api'], 'minVersion' | 'maxVersion'>,
  { version }: RequestHeader,
): void {
  if (version < minVersion || version > maxVersion) throw new Error('a version that was not offered');
}

/** A client that asks in a version which is too new is answered in the oldest, with what there is. */
function apiVersions({ version, correlationId }: RequestHeader): Uint8Array[] {
  const isKnown = version <= apiVersionsApi.maxVersion && version >= 0;
  const errorCode = isKnown ? errorCodes.NONE : errorCodes.UNSUPPORTED_VERSION;
  const header = { version: isKnown ? version : 0, correlationId };
  return encodeResponse(apiVersionsApi, header, { errorCode, apiKeys: offered });
}
