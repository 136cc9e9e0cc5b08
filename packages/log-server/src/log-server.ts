import { randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import type { EmbeddedLog } from '@millrace/embedded-log';
import { compressions, loadCodec } from '@millrace/kafka-protocol';
import { LogError } from '@millrace/log-client';
import { Credentials } from './connection/sasl.ts';
import { ServerConnection } from './connection/server-connection.ts';
import { Groups } from './groups/groups.ts';
import type { ServedLog } from './handler.ts';
import { type ListenOptions, type ResolvedListenOptions, resolveListenOptions } from './options.ts';

/** How often silent members and old transactions are looked for, in milliseconds. */
const expiryCheckMs = 100;

/** A log that is being served. */
export class LogServer {
  readonly host: string;
  readonly port: number;
  /** What lets clients in, as their password; undefined where everybody is let in. */
  readonly token: string | undefined;
  readonly #server: net.Server;
  readonly #connections: ReadonlySet<ServerConnection>;
  readonly #groups: Groups;
  readonly #timer: NodeJS.Timeout;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link listen}. */
  constructor(parts: {
    readonly server: net.Server;
    readonly connections: ReadonlySet<ServerConnection>;
    readonly log: ServedLog;
  }) {
    const { server, connections, log } = parts;
    const { port } = server.address() as net.AddressInfo;
    this.host = log.options.host;
    this.port = port;
    this.token = log.options.token;
    this.#server = server;
    this.#connections = connections;
    this.#groups = log.groups;
    this.#timer = setInterval(() => {
      log.groups.expire(performance.now());
      // A log that cannot be written says so to those who write.
      log.raw.transactions.expire().catch(() => {});
    }, expiryCheckMs);
    this.#timer.unref();
  }

  /** As clients take it: `host:port`. */
  get address(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Lets the process end though the log is still served. */
  unref(): void {
    this.#server.unref();
  }

  /** Ends all connections; the log stays open. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      clearInterval(this.#timer);
      this.#server.close(() => resolve());
      for (const connection of this.#connections) connection.destroy();
      this.#groups.close();
    });
    return this.#closing;
  }
}

/**
 * Serves an open log over Kafka's protocol, so that any Kafka client and tool can use it. Native readers and
 * producers of the same process go on as before. Close the server before the log.
 * @throws LogError `LOG_CONFIG` where the address cannot be had
 */
export async function listen(log: EmbeddedLog, options: ListenOptions = {}): Promise<LogServer> {
  const resolved = resolveListenOptions(options, randomBytes(24).toString('base64url'));
  // A batch must not overtake another one because its codec is still being loaded.
  for (const compression of compressions) await loadCodec(compression);
  const groups = new Groups(log.raw, resolved.maxGroupSize);
  log.raw.clientGroup = (group) => groups.snapshot(group);
  log.raw.clientGroups = () => groups.names();
  const served: ServedLog = { raw: log.raw, admin: log.admin, groups, options: resolved };
  const connections = new Set<ServerConnection>();
  const server = createServer(served, connections);
  await bind(server, resolved);
  return new LogServer({ server, connections, log: served });
}

function createServer(log: ServedLog, connections: Set<ServerConnection>): net.Server {
  const { maxBufferedBytes, maxConnections, token, tls: secure } = log.options;
  const credentials = token === undefined ? undefined : new Credentials(token);
  let buffered = 0;
  let isHeld = false;
  const onBuffered = (bytes: number): void => {
    buffered += bytes;
    const mustHold = buffered > maxBufferedBytes;
    if (mustHold === isHeld) return;
    isHeld = mustHold;
    for (const connection of connections) connection.hold(isHeld);
  };
  const onSocket = (socket: net.Socket): void => {
    if (connections.size >= maxConnections) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const connection = new ServerConnection({ socket, log, credentials, onBuffered });
    connection.hold(isHeld);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };
  return secure === undefined ? net.createServer(onSocket) : tls.createServer(secure, onSocket);
}

function bind(server: net.Server, { host, port }: ResolvedListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      const why = `cannot listen on ${host}:${port}: ${error.message}`;
      reject(new LogError('LOG_CONFIG', `${why}. Use another port, or 0 for any`, { cause: error }));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      // A connection that fails while it is being accepted is no one's yet.
      server.on('error', () => {});
      resolve();
    });
  });
}
