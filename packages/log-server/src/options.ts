import type { TlsOptions } from 'node:tls';
import { LogError } from '@millrace/log-client';

/** How a log is served. Times are in milliseconds, sizes in bytes. */
export interface ListenOptions {
  /** Default 0: any port that is free. */
  readonly port?: number;
  /** The address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** The host in metadata, which clients connect to. Default: the address that they have reached. */
  readonly advertisedHost?: string;
  /**
   * The password of every client (SASL PLAIN or SCRAM, any user name). Default: a random one, see
   * {@link LogServer.token}. False lets in everybody; on this machine only.
   */
  readonly token?: string | false;
  /** Certificate and key for TLS, as Node's `tls.createServer` takes them. */
  readonly tls?: TlsOptions;
  /** Whether topics that clients ask for are created, with one partition. Default false. */
  readonly autoCreateTopics?: boolean;
  /** The longest request. Default 100 MiB. */
  readonly maxRequestBytes?: number;
  /** What all requests together may take before further ones are read. Default 256 MiB. */
  readonly maxBufferedBytes?: number;
  /** Further connections are closed at once. Default 1000. */
  readonly maxConnections?: number;
  /** How long a client may take to authenticate, and to send a request whole. Default 30 seconds. */
  readonly requestTimeoutMs?: number;
  /** A connection over which nothing has come for so long is closed. Default 10 minutes. */
  readonly idleTimeoutMs?: number;
  /** Longer transactions are refused: committed reads wait for them. Default 15 minutes, as in Kafka. */
  readonly maxTransactionMs?: number;
  /** How many members a consumer group may have. Default: as many as come. */
  readonly maxGroupSize?: number;
}

export type ResolvedListenOptions = Required<Omit<ListenOptions, 'token' | 'tls' | 'advertisedHost'>> &
  Pick<ListenOptions, 'tls' | 'advertisedHost'> & { readonly token: string | undefined };

const mebibyte = 1 << 20;

/** @throws LogError `LOG_CONFIG` */
export function resolveListenOptions(
  { token, tls, advertisedHost, ...options }: ListenOptions,
  randomToken: string,
): ResolvedListenOptions {
  const host = options.host ?? '127.0.0.1';
  const isLocal = /^(localhost|127(\.\d+){3}|::1)$/.test(host);
  if (token === false && !isLocal) {
    throw new LogError(
      'LOG_CONFIG',
      `listen: ${host} can be reached from other machines, so that clients need a token: leave out "token: false"`,
    );
  }
  if (token === '') throw new LogError('LOG_CONFIG', 'listen: the token is empty');
  return {
    port: 0,
    autoCreateTopics: false,
    maxRequestBytes: 100 * mebibyte,
    maxBufferedBytes: 256 * mebibyte,
    maxConnections: 1000,
    requestTimeoutMs: 30_000,
    idleTimeoutMs: 600_000,
    maxTransactionMs: 900_000,
    maxGroupSize: Number.POSITIVE_INFINITY,
    ...options,
    host,
    token: token === false ? undefined : (token ?? randomToken),
    ...(tls === undefined ? {} : { tls }),
    ...(advertisedHost === undefined ? {} : { advertisedHost }),
  };
}
