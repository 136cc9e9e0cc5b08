import KafkajsBroker from 'kafkajs/src/broker/index.js';
import type ConnectionPool from 'kafkajs/src/network/connectionPool.js';
import apiKeys from 'kafkajs/src/protocol/requests/apiKeys.js';
import protocol from 'kafkajs/src/protocol/requests/index.js';
import type { WireRequest } from '../wire/request.ts';
import type { KafkajsRequests } from './kafkajs-requests.ts';

/**
 * One broker: kafkajs's connections to it, authenticated, opened when they are needed and again after they
 * broke.
 */
export class Broker {
  readonly address: string;
  readonly #broker: KafkajsBroker;
  /** A request that breaks a connection must not break the next one's as well. */
  #connecting: Promise<void> | undefined;
  #destroyed = false;

  constructor(connectionPool: ConnectionPool, logger: unknown) {
    this.address = `${connectionPool.host}:${connectionPool.port}`;
    this.#broker = new KafkajsBroker({ connectionPool, logger, allowAutoTopicCreation: false });
  }

  /** Sends one of kafkajs's own requests, in the newest version that both sides know. */
  async call<N extends keyof KafkajsRequests>(
    name: N,
    args: KafkajsRequests[N]['args'],
  ): Promise<KafkajsRequests[N]['result']> {
    await this.#connect();
    const request = this.#broker.lookupRequest<typeof args>(apiKeys[name]!, protocol.requests[name])(args);
    return this.#send({ ...(request as object), logResponseError: false });
  }

  /** Sends a request of this package's own. */
  async send<T>(request: WireRequest<T>): Promise<T> {
    await this.#connect();
    return this.#send(request);
  }

  async #send<T>(request: object): Promise<T> {
    try {
      return (await this.#broker.connectionPool.send(request)) as T;
    } catch (error) {
      const { name } = error as Error;
      // What is still under way on it would be answered late or never.
      if (/Timeout|ConnectionClosed|ConnectionError/.test(name)) this.#cut(error as Error);
      throw error;
    }
  }

  async #connect(): Promise<void> {
    if (this.#destroyed) throw new Error('closed');
    if (this.#broker.isConnected()) return;
    this.#connecting ??= this.#broker.connect().finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  #cut(error: Error): void {
    for (const connection of this.#broker.connectionPool.pool) {
      connection.rejectRequests(error);
      connection.socket?.destroy();
    }
    // It was of no use any more.
    this.#broker.disconnect().catch(() => {});
  }

  /** Ends the connections at once; requests under way fail. */
  close(): void {
    this.#destroyed = true;
    this.#cut(new Error('closed'));
  }
}
