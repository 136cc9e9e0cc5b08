import {
  apiVersionsApi,
  errorCodes,
  errorName,
  type Whole,
  type WireApi,
} from '@millrace/kafka-protocol/messages';
import { KafkaError } from '../errors.ts';
import type { ResolvedKafkaOptions } from '../options.ts';
import { authenticate } from './authenticate.ts';
import { Connection } from './connection.ts';

/** The first version that every broker answers, whatever newer ones it has. */
const plainVersions = 0;

/** A new connection takes over when this part of the time has passed for which the broker knows us. */
const reauthenticateAt = 0.8;

interface OpenConnection {
  readonly connection: Connection;
  /** When the broker will want to know again who we are, by `performance.now()`. */
  readonly expiresAt: number;
  /** What the broker offers of each API. */
  readonly versions: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
}

/** One broker: a connection to it, authenticated, opened when it is needed and again after it broke. */
export class Broker {
  readonly host: string;
  readonly port: number;
  readonly #options: ResolvedKafkaOptions;
  #open: OpenConnection | undefined;
  /** A request that breaks a connection must not break the next one's as well. */
  #connecting: Promise<OpenConnection> | undefined;
  #closed = false;

  constructor(host: string, port: number, options: ResolvedKafkaOptions) {
    this.host = host;
    this.port = port;
    this.#options = options;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /**
   * Sends a request in the newest version that both sides know, `newest` at most.
   * @param waitMs how long the broker may hold the answer back, beyond the time for a request
   */
  async send<Request, Response>(
    api: WireApi<Request, Response>,
    message: Request,
    { newest = api.maxVersion, waitMs = 0 }: { readonly newest?: number; readonly waitMs?: number } = {},
  ): Promise<Whole<Response>> {
    const { connection, versions } = await this.#connect();
    const offered = versions.get(api.key) ?? { min: 0, max: -1 };
    const version = Math.min(newest, offered.max);
    if (version < Math.max(api.minVersion, offered.min)) {
      throw new KafkaError(
        'UNSUPPORTED_VERSION',
        `${api.name}: the broker has versions ${offered.min} to ${offered.max}, this client ${api.minVersion} to ${newest}`,
      );
    }
    return connection.request(api, version, message, this.#options.requestTimeoutMs + waitMs);
  }

  async #connect(): Promise<OpenConnection> {
    if (this.#closed) throw new Error('closed');
    if (this.#open?.connection.isOpen === true) {
      if (performance.now() < this.#open.expiresAt) return this.#open;
      this.#open.connection.finish();
      this.#open = undefined;
    }
    this.#connecting ??= this.#connectAnew().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connectAnew(): Promise<OpenConnection> {
    const { connectionTimeoutMs: timeoutMs, clientId, ssl, sasl } = this.#options;
    const connection = await Connection.open({ host: this.host, port: this.port, ssl, timeoutMs, clientId });
    try {
      const answer = await connection.request(apiVersionsApi, plainVersions, {}, timeoutMs);
      if (answer.errorCode !== errorCodes.NONE)
        throw new KafkaError(errorName(answer.errorCode), this.address);
      const versions = new Map(
        answer.apiKeys.map(({ apiKey, minVersion: min, maxVersion: max }) => [apiKey, { min, max }]),
      );
      const lifetimeMs =
        sasl === undefined ? Number.POSITIVE_INFINITY : await authenticate(connection, sasl, timeoutMs);
      if (this.#closed) throw new Error('closed');
      this.#open = { connection, versions, expiresAt: performance.now() + lifetimeMs * reauthenticateAt };
      return this.#open;
    } catch (error) {
      connection.destroy(error as Error);
      throw error;
    }
  }

  /** Ends the connection at once; requests under way fail. */
  close(): void {
    this.#closed = true;
    this.#open?.connection.destroy(new Error('closed'));
  }
}
